/** What `lockstep check` finds of silence, on every path that concerns it. */
import { once } from 'node:events';
import * as assert from 'uvu/assert';
import { WebSocketServer } from 'ws';
import { KEEPERS } from '../../machines/checks/idle.js';
import type { Finding } from '../../machines/checks/index.js';
import { startCliServer } from '../support/cli.js';
import { suite, type TestContext } from '../support/suite.js';
import { checkOver, findingsOn } from './checked.js';
import type { Path } from './path.js';
import {
  caddyPaths,
  forwardPaths,
  framePaths,
  haproxyPaths,
  nginxPaths,
  timedPaths,
} from './paths.js';

/** The longest silence that is tried, in ms: longer than each idle timeout here. */
const UP_TO = 1_600;

/** How much earlier or later a cut may come than its setting, in ms: products look at clocks rarely. */
const EARLY = 300;
const LATE = 300;

async function idleOn(path: Path, context: TestContext, idleUpTo = UP_TO): Promise<Finding> {
  const { findings } = await findingsOn(path, context, {
    only: ['idle'],
    idleUpTo,
    answerTimeout: 500,
  });
  assert.is(findings.length, 1);
  return findings[0] as Finding;
}

/** Expects a cut after the silence that the path sets. */
async function expectCut(
  path: Path,
  context: TestContext,
  cutBy: string,
  notKeptAliveBy: readonly string[] = [],
): Promise<Finding> {
  const finding = await idleOn(path, context);
  const { status, blame, facts } = finding;
  assert.equal([status, blame, facts['cutBy']], ['problem', 'the path', cutBy], finding.message);
  const off = Number(facts['cutAfterMs']) - (path.figures?.idleMs ?? Number.NaN);
  assert.ok(off >= -EARLY && off <= LATE, `the cut is off by ${off} ms`);
  const kept = KEEPERS.filter((keeper) => !notKeptAliveBy.includes(keeper));
  assert.equal([facts['keptAliveBy'], facts['notKeptAliveBy']], [kept, notKeptAliveBy]);
  return finding;
}

const PINGS = ['pings from this end', 'pings from the far end'];
const FROM_HERE = ['messages from this end'];

/** The paths that cut silence; by what, and despite whom. */
const CUTTING: [path: Path, cutBy: string, notKeptAliveBy?: string[]][] = [
  [nginxPaths.readTimeout, 'fin'],
  [haproxyPaths.tunnelTimeout, 'fin'],
  [haproxyPaths.withoutTunnelTimeout, 'fin'],
  [haproxyPaths.tcp, 'fin'],
  // Its timeout is that of reading from the server: only the server's words count.
  [caddyPaths.readTimeout, 'fin', FROM_HERE],
  [forwardPaths.tinyproxyTimeout, 'fin'],
  [timedPaths.idleByFin, 'fin'],
  [timedPaths.idleByReset, 'reset'],
  [timedPaths.idleByClose, 'close'],
  [timedPaths.idleDespitePings, 'fin', PINGS],
  [timedPaths.idleToClient, 'fin', FROM_HERE],
];

const BEARING: Path[] = [
  nginxPaths.right,
  haproxyPaths.right,
  haproxyPaths.httpServerClose,
  caddyPaths.right,
  caddyPaths.serverTimeouts,
  forwardPaths.squid,
  framePaths.transparent,
  framePaths.pingsAnswered,
  framePaths.pingsDropped,
  framePaths.pongsDropped,
];

suite('the experiment idle', (test) => {
  for (const [path, cutBy, notKeptAliveBy] of CUTTING) {
    test(
      `measures ${path.name}`,
      (context) => expectCut(path, context, cutBy, notKeptAliveBy),
      20_000,
    );
  }

  test('finds silence borne where a path bears it', async (context) => {
    const { url } = await startCliServer(context);
    const farPort = Number(new URL(url).port);
    const check = async (path: Path): Promise<void> => {
      const open = await path.open(farPort, context);
      const { findings } = await checkOver(open, context, { only: ['idle'], idleUpTo: 700 });
      const told = findings.map(({ code, facts }) => [code, facts['borneMs']]);
      assert.equal(told, [['IDLE_OK', 700]], path.name);
    };
    await Promise.all(BEARING.map(check));
  });

  test('tells silence that a black hole cuts to 5 %', async (context) => {
    const { facts } = await expectCut(timedPaths.idleBySilence, context, 'silence');
    const [borne, cut] = facts['between'] as [number, number];
    assert.ok(cut / borne < 1.1, `${borne} to ${cut}`);
    assert.is(facts['farEndSaw'], 'silence');
  });

  test('takes a limit of age for no idle timeout', async (context) => {
    const { code, facts } = await idleOn(timedPaths.lifetimeByFin, context);
    assert.equal([code, facts['keptAliveBy']], ['LIFETIME_CUT', []]);
  });

  for (const path of [timedPaths.holeAfterHandshake, framePaths.toServerDropped]) {
    test(`does not know on ${path.name}`, async (context) => {
      const { status, code } = await idleOn(path, context, 300);
      assert.equal([status, code], ['unknown', 'NO_ANSWER']);
    });
  }
});

/** Checks silence over a path to a server that is none of lockstep. */
async function idleBefore(
  context: TestContext,
  path: Path,
  onConnection: (server: WebSocketServer) => void,
): Promise<{ finding: Finding; farEnd: string | null; opened: number }> {
  const server = new WebSocketServer({
    host: '127.0.0.1',
    port: 0,
    handleProtocols: () => false,
  });
  context.after(() => {
    for (const ws of server.clients) ws.terminate();
    server.close();
  });
  let opened = 0;
  server.on('connection', () => opened++);
  onConnection(server);
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  const open = await path.open(port, context);
  const options = { only: ['idle'], idleUpTo: UP_TO, answerTimeout: 300 } as const;
  const { findings, farEnd } = await checkOver(open, context, options);
  return { finding: findings[0] as Finding, farEnd, opened };
}

const echo = (server: WebSocketServer): void => {
  server.on('connection', (ws) => {
    ws.on('message', (data, isBinary) => ws.send(data, { binary: isBinary }));
  });
};

suite('the experiment idle before a stranger', (test) => {
  test('tries the way there of an echo server, and says so', async (context) => {
    const { finding, farEnd } = await idleBefore(context, timedPaths.idleByFin, echo);
    assert.equal([farEnd, finding.code, finding.blame], ['echo', 'IDLE_CUT_BY_FIN', null]);
    assert.equal(finding.facts['keptAliveBy'], ['pings from this end', 'messages both ways']);
    assert.match(finding.message, 'Only this end was tried');
  });

  test('sends nothing but pings to any other server', async (context) => {
    const heard: string[] = [];
    const { finding, farEnd } = await idleBefore(context, timedPaths.idleBySilence, (server) =>
      server.on('connection', (ws) => ws.on('message', (data) => heard.push(String(data)))),
    );
    assert.equal([farEnd, finding.code], ['other', 'IDLE_CUT_IN_SILENCE']);
    assert.equal(finding.facts['keptAliveBy'], ['pings from this end']);
    // One message was to find out whether the server echoes.
    assert.is(heard.length, 1);
  });

  test('opens few connections', async (context) => {
    const { opened } = await idleBefore(context, timedPaths.idleByFin, echo);
    assert.ok(opened <= 16, `${opened} connections`);
  });

  test('takes the end of an impatient server for a cut by nobody known', async (context) => {
    const { finding } = await idleBefore(context, framePaths.transparent, (server) =>
      server.on('connection', (ws) => {
        ws.send('Welcome');
        const timer = setTimeout(() => ws.close(1008, 'too slow'), 500);
        ws.on('message', () => timer.refresh()).on('ping', () => timer.refresh());
      }),
    );
    assert.equal([finding.code, finding.blame], ['IDLE_CUT_BY_CLOSE', null]);
    assert.match(finding.message, 'Close frame 1008 "too slow" ends the connection');
  });

  test('says that a server which pings lets no silence last', async (context) => {
    const { finding } = await idleBefore(context, timedPaths.idleByFin, (server) =>
      server.on('connection', (ws) => {
        const timer = setInterval(() => ws.ping(), 400);
        ws.on('close', () => clearInterval(timer));
      }),
    );
    assert.equal([finding.status, finding.code], ['ok', 'FAR_END_SPEAKS']);
  });
});
