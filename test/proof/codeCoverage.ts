/**
 * Part 6, for what is no machine: the branches and functions of machines, adapters and runners, over
 * the whole test run, the command lines run as processes included. What is not covered is listed by
 * its line, with the reason; a line that is not in the source any more is stale.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Part } from './part.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));

const IMPOSSIBLE = 'the type has it, and the code never comes here without one';
const BY_CHANCE = 'comes only by chance, in one tick';
const NO_IPV6 = 'happens only on a machine without IPv6';

const OF_PATHS = 'only probes of checks end so, in the tests of paths';
const ON_TERMINAL = 'only a terminal has it, and these processes have none';

/** Lines that have a branch or a function which no test reaches, and why. */
const uncoveredLines: Record<string, string> = {
  "adapters/endOfStream.ts: if (lost !== undefined) return { by: 'reset', reason: reasonOf(lost) };":
    OF_PATHS,
  "adapters/endOfStream.ts: if (tcp?.readableEnded !== true) return { by: 'cut', reason: error ? reasonOf(error) : '' };":
    OF_PATHS,
  "adapters/endOfStream.ts: return { by: isInsideMessage(ws) ? 'truncated' : 'fin', reason: '' };":
    OF_PATHS,
  'adapters/proxyUrl.ts: const url = URL.canParse(text) ? new URL(text) : undefined;':
    'the command line has parsed the URL before',
  "adapters/proxyUrl.ts: const kind = KINDS[url?.protocol ?? ''];":
    'the command line has parsed the URL before',
  'runners/output.ts: ...(process.stderr.isTTY && { live }),': ON_TERMINAL,
  'runners/output.ts: if (isLive) process.stderr.write(CLEAR);': ON_TERMINAL,
  'runners/output.ts: const live = (line: string): void => {': ON_TERMINAL,
  "runners/report.ts: if (type === 'session.ended') return this.#measures?.measured ?? {};":
    'a session whose end is shown has been measured',
  "machines/opening.ts: return { outcome: outcome ?? 'error', subprotocol, redirects, phases, fault };":
    IMPOSSIBLE,
  "machines/opening.ts: if (fault === null) throw new Error('noteFaulted needs a recorded fault');":
    IMPOSSIBLE,
  "machines/ending.ts: return { type: 'socket.close', code: fault?.closeCode ?? 1011, reason: fault?.code ?? '' };":
    IMPOSSIBLE,
  "machines/ending.ts: if (fault === null) throw new Error('noteFaulted needs a recorded fault');":
    IMPOSSIBLE,
  "machines/ending.ts: if (end.code === 1005) return 'Close frame without a code';":
    'shown by the paths over sockets, which are not part of the test run',
  'adapters/openSocket.ts: const status = answer?.statusCode ?? 0;': IMPOSSIBLE,
  'adapters/openSocket.ts: #handOver: () => void = () => {};':
    'replaced at once, before anybody can call it',
  'adapters/openSocket.ts: #follow: () => void = () => {};':
    'replaced at once, before anybody can call it',
  "adapters/phaseTimes.ts: version: socket.getProtocol() ?? '',": IMPOSSIBLE,
  'adapters/phaseTimes.ts: daysLeft: Number.isNaN(days) ? null : days,':
    'takes TLS without a certificate',
  'adapters/reach.ts: if (this.#isOver) return;': BY_CHANCE,
  "adapters/reach.ts: const server = { host: tcp.host ?? '', port: Number(tcp.port) };": IMPOSSIBLE,
  "adapters/reach.ts: const servername = serverNameOf(options.host ?? '', options.servername);":
    IMPOSSIBLE,
  'adapters/redirect.ts: if (location === undefined || !STATUSES.has(answer?.statusCode ?? 0)) return undefined;':
    IMPOSSIBLE,
  'adapters/tunnel.ts: const isOpen = Math.floor((answer.statusCode ?? 0) / 100) === 2;':
    IMPOSSIBLE,
  'adapters/tunnel.ts: if (head.length > 0) socket.unshift(head);':
    'a server behind a proxy speaks when it is spoken to',
  'compiler/codegen.ts: } catch {':
    'shown by the command as installed, which the coverage meter does not see',
  'compiler/logic.ts: const threshold = canGenerateCode ? usesBeforeFastPath : Number.POSITIVE_INFINITY;':
    'shown by the command as installed, which the coverage meter does not see',
  'inspector/copies.ts: } catch {': 'for an event whose type throws, which XState has read before',
  'inspector/observer.ts: this.#described.delete(first);':
    'takes more machines than the inspector keeps, each described',
  "inspector/relay.ts: ws.close(1008, isTold ? error.message : 'expected readable records');":
    'a mistake of ours, for which nobody else may end',
  'inspector/viewers.ts: if (ws.readyState !== WebSocket.OPEN) return;': BY_CHANCE,
  "runners/cli.ts: if (asked !== 'end') return;":
    'a signal that comes again within 200 ms finds the process still there only by chance',
  'runners/cli.ts: if (signal !== undefined && isLookingUp()) process.kill(process.pid, signal);':
    'takes a name server that does not answer',
  "runners/report.ts: if (this.#release !== undefined || this.#actor?.getSnapshot().status !== 'active') return;":
    BY_CHANCE,
  'runners/report.ts: if (!UNREAD.has(notice.fault.code)) return notice;':
    'a session that is held and then fails otherwise comes only by chance',
  "runners/wayOut.ts: remedy: setting ? 'have its reader read on, or wait longer' : 'have its reader read on',":
    'its other side is for commands without such a setting, shown as a unit for one',
  "machines/clientSession.ts: return { outcome: outcome ?? 'error', exchanges: returned, mismatches: 0, end, fault };":
    IMPOSSIBLE,
  "machines/serverSession.ts: return { outcome: outcome ?? 'error', exchanges: round, mismatches, end, fault };":
    IMPOSSIBLE,
  'adapters/endOfStream.ts: if (receiver === null) return false;': IMPOSSIBLE,
  "adapters/endOfStream.ts: closeCode: code === 'WS_ERR_TOO_MANY_BUFFERED_PARTS' ? 1008 : 1002,":
    'takes 16,384 fragments in one message, or as many chunks',
  'adapters/admission.ts: if (flaw === undefined || !socket.writable) {':
    'a peer that leaves in the tick in which Node gives its request up comes only by chance',
  "adapters/unreadableRequest.ts: if (!code.startsWith('HPE_')) return undefined;":
    'a peer that resets before its request is whole, which Node tells only by chance',
  'runners/refusals.ts: if (this.#lines.readers.areFarBehind) this.#period?.refresh();': IMPOSSIBLE,
  'adapters/listen.ts: const { port } = boundAddress(servers) ?? options;': IMPOSSIBLE,
  'adapters/listen.ts: if (first === undefined || !isMissingFamily(error)) throw error;': NO_IPV6,
  'adapters/listen.ts: function isMissingFamily(error: unknown): boolean {': NO_IPV6,
  "adapters/listen.ts: return error instanceof Error && 'code' in error ? error.code : undefined;":
    'whatever fails to listen is an Error with a code',
  'adapters/listen.ts: } }':
    'the end of a try: a free port on one loopback address is taken on the other only by chance',
  "inspector/gate.ts: return LOOPBACK.test(headers.host ?? '');":
    'Node refuses a request without Host',
  'inspector/history.ts: if (first === undefined) return;': IMPOSSIBLE,
  'inspector/log.ts: if (first === undefined) return;': IMPOSSIBLE,
  'inspector/log.ts: this.#entered -= sumOf(this.#entries.get(key) ?? []);':
    'only for a session whose timeline has been given up for others',
  'inspector/log.ts: if ((entries[middle]?.record.seq ?? 0) < seq) low = middle + 1;': IMPOSSIBLE,
  'inspector/recording.ts: if (!(error instanceof RecordError)) throw error;':
    'a mistake of ours, not of the file',
  'inspector/observer.ts: for (const transition of _transitions ?? []) {':
    'for an XState that no longer tells its transitions',
  "inspector/observer.ts: id = transitionId(transition) ?? '';":
    'XState 5.33 tells of the own transitions of states alone',
  "chart/names.ts: if (typeof value !== 'object' || value === null) return [];": IMPOSSIBLE,
  "inspector/relay.ts: if (this.#server === undefined) throw new Error('the relay does not listen yet');":
    IMPOSSIBLE,
  'inspector/relay.ts: #onViewer: () => void = () => {};':
    'replaced at once, before anybody can call it',
  'runners/cli.ts: if (!(error instanceof CommandError)) throw error;':
    'a mistake of ours, not of the user',
  'runners/diagram.ts: throw error instanceof DrawingError ? new CommandError(error.message) : error;':
    'a mistake of ours, not of the user',
  'runners/server.ts: if (error.syscall === undefined) throw error;':
    'a mistake of ours, not of the user',
  'runners/inspection.ts: if (syscall === undefined) return error;':
    'a mistake of ours, not of the user',
  'runners/replay.ts: if (syscall === undefined) return error;':
    'a mistake of ours, not of the user',
  "runners/server.ts: case 'EACCES':": 'never comes where tests run as root',
  "adapters/address.ts: if (remoteAddress === undefined) return 'an unknown address';":
    'a peer that resets while the handshake is answered comes only by chance',
  "runners/runServer.ts: onError: (error) => lines.err(`Can't accept: ${error.message}; the others are still served`),":
    'on Linux, libuv itself closes connections for which there is no file descriptor',
  'runners/runServer.ts: let resolve: (value: T) => void = () => {};':
    'replaced at once, before anybody can call it',
};

/**
 * The code of `lockstep check`, which runs over products and in a browser: in `npm run test:paths` and
 * `npm run test:browser`, not in this run. Its machines are covered by part 4.
 */
const OF_CHECKS = [
  'dist/machines/checks/**',
  'dist/runners/checks/**',
  'dist/runners/{answering,check,checkPage,checkPictures,checkReport,countdown,html,nearEnd,pageFile,runCheck}.js',
  'dist/adapters/{checks,frameCount,probeBinding}.js',
];

interface Location {
  start: { line: number };
}

/** The format of istanbul's JSON report, as far as it is read here. */
interface FileCoverage {
  b: Record<string, number[]>;
  f: Record<string, number>;
  branchMap: Record<string, { locations: Location[] }>;
  fnMap: Record<string, { loc: Location }>;
}

/** The part: runs all tests once more, under a coverage meter. */
export async function codeCoveragePart(): Promise<Part> {
  const { status, failed } = await runTests();
  const report = JSON.parse(
    readFileSync(`${root}dist/coverage/coverage-final.json`, 'utf8'),
  ) as Record<string, FileCoverage>;
  const figures: Part['figures'] = { 'source files': Object.keys(report).length };
  const shortfalls =
    status === 0 ? [] : [`the test run under the coverage meter failed: ${failed.join('; ')}`];
  const missed = new Set<string>();
  const known = new Set<string>();
  const shares = { branches: [0, 0], functions: [0, 0] } as Record<string, [number, number]>;
  const count = (what: string, hits: number, line: string): void => {
    const share = shares[what] as [number, number];
    share[1]++;
    known.add(line);
    if (hits > 0) share[0]++;
    else missed.add(line);
  };
  for (const [path, { b, f, branchMap, fnMap }] of Object.entries(report)) {
    const lines = readFileSync(path, 'utf8').split('\n');
    const nameOf = ({ start }: Location) => {
      const text = lines[start.line - 1]?.trim() ?? '';
      // A brace alone names nothing.
      const before = text.length < 3 ? `${lines[start.line - 2]?.trim()} ` : '';
      return `${path.slice(root.length)}: ${before}${text}`;
    };
    for (const [id, hits] of Object.entries(b)) {
      for (const [n, hit] of hits.entries()) {
        count('branches', hit, nameOf(branchMap[id]?.locations[n] as Location));
      }
    }
    for (const [id, hit] of Object.entries(f)) {
      count('functions', hit, nameOf(fnMap[id]?.loc as Location));
    }
  }
  for (const [what, [hit, all]] of Object.entries(shares)) {
    figures[`${what} covered`] = `${hit} of ${all} (${((100 * hit) / all).toFixed(1)} %)`;
    if (hit < 0.95 * all) shortfalls.push(`fewer than 95 % of the ${what} are covered`);
  }
  figures['lines left, each with a reason'] = Object.keys(uncoveredLines).length;
  shortfalls.push(
    ...[...missed]
      .filter((line) => !(line in uncoveredLines))
      .map((line) => `not covered, without a reason: ${line}`),
    ...Object.keys(uncoveredLines)
      .filter((line) => !known.has(line))
      .map((line) => `the list of uncovered lines has a stale line: ${line}`),
  );
  return { title: '6b. Code coverage of the whole test run', figures, shortfalls };
}

/** Runs all tests; returns the status, and the names of those that failed. */
async function runTests(): Promise<{ status: number; failed: string[] }> {
  const rooms = ['machines', 'compiler', 'chart', 'adapters', 'inspector', 'runners'];
  const include = rooms.flatMap((room) => ['--include', `dist/${room}/**`]);
  const child = spawn(
    process.execPath,
    [
      `${root}node_modules/c8/bin/c8.js`,
      ...['--reporter', 'json', '--exclude-after-remap=false', ...include],
      // The same sources in one file.
      ...['--exclude', 'dist/runners/lockstep.js'],
      ...OF_CHECKS.flatMap((glob) => ['--exclude', glob]),
      ...['--reports-dir', 'dist/coverage', '--temp-directory', 'dist/coverage/tmp'],
      ...[process.execPath, '--enable-source-maps', 'dist/test/run.js'],
    ],
    { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk;
  });
  const [status] = (await once(child, 'close')) as [number];
  return { status, failed: text.match(/(?<=FAIL\s+)\S.*/g) ?? [] };
}
