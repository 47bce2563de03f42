/**
 * What comes from outside and is printed: no source of text can drive the terminal or forge a line.
 * A source that is not listed here passes the same way out, `Lines`.
 */
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { fileURLToPath, pathToFileURL } from 'node:url';
import * as assert from 'uvu/assert';
import { WebSocketServer } from 'ws';
import { isPrintable } from '../../machines/index.js';
import { type Ended, refusalOf, runCli, startCli, startCliServer } from '../support/cli.js';
import { folderWith, pemPath } from '../support/files.js';
import { portOf } from '../support/portOf.js';
import { holdingServer, rawClient, rawServer } from '../support/rawPeer.js';
import { suite, type TestContext } from '../support/suite.js';

/** Clears a screen, rings, forges a line, and turns the direction of writing. */
const NASTY = '\x1b[2J\x07\r\nFatal error: forged\x9b\u2028\u202e';
const ESCAPED = /\\(?:x1b|u001b)\[2J/;

const XSTATE = pathToFileURL(
  fileURLToPath(new URL('../../../node_modules/xstate/dist/xstate.cjs.js', import.meta.url)),
);
const pem = (name: string): string => readFileSync(pemPath(name), 'utf8');

/** Writes a file; both its folder and its text may be nasty. Returns its path. */
function file(context: TestContext, name: string, text: string, folder = ''): string {
  const outer = folderWith(context);
  mkdirSync(`${outer}/${folder}`, { recursive: true });
  writeFileSync(`${outer}/${folder}/${name}`, text);
  return `${outer}/${folder}/${name}`;
}

function machineModule(name: string): string {
  const key = JSON.stringify(name);
  return `
    import xstate from '${XSTATE.href}';
    const machine = xstate.createMachine({
      id: ${key}, initial: ${key}, description: ${key},
      states: { [${key}]: { on: { [${key}]: { target: 'b', guard: ${key} } } }, b: {} },
    }, { guards: { [${key}]: () => true } });
    export { machine as ${key}, machine as other };`;
}

/** A client under these options, whose server says nasty things and closes with one. */
async function talkOf(context: TestContext, ...options: string[]): Promise<Ended> {
  const server = await rawServer(context);
  const client = runCli(context, 'client', server.url, ...options);
  const peer = await server.peer;
  peer.send(NASTY);
  peer.send(Buffer.from(NASTY));
  peer.close(4000, NASTY);
  return client;
}

/** A client whose handshake is answered with this head. */
async function answeredWith(context: TestContext, head: string): Promise<Ended> {
  const { url, connection } = await holdingServer(context);
  const client = runCli(context, 'client', url, '--trace');
  (await connection).socket.end(Buffer.from(head, 'latin1'));
  return client;
}

type Source = (context: TestContext) => Promise<Ended>;

const shown: Record<string, Source> = {
  'a command': (context) => runCli(context, NASTY),
  "an option's value": (context) => runCli(context, 'server', '--port', NASTY),
  'a URL': (context) => runCli(context, 'client', `http://localhost/${NASTY}`),
  'the path of --ca': (context) => runCli(context, 'client', 'ws://[::1]:1/', '--ca', NASTY),
  'the path of --inspect-file': (context) =>
    runCli(context, 'demo', '--inspect-file', `/nowhere/${NASTY}`),
  'the path of a recording': (context) => runCli(context, 'replay', NASTY),
  'the path of what is no recording': (context) =>
    runCli(context, 'replay', file(context, 'run.ndjson', '\n', NASTY)),
  'the path of a module': (context) => runCli(context, 'diagram', NASTY),
  'the error of a module': (context) =>
    runCli(
      context,
      ...['diagram', file(context, 'a.mjs', `throw new Error(${JSON.stringify(NASTY)});`)],
    ),
  'the later error of a module': (context) => {
    const fail = `setTimeout(() => { throw new Error(${JSON.stringify(NASTY)}); });`;
    return runCli(
      context,
      'diagram',
      file(context, 'a.mjs', `${fail} await new Promise(() => {});`),
    );
  },
  'the exports of a module': (context) =>
    runCli(context, 'diagram', file(context, 'a.mjs', machineModule(NASTY))),
  'a machine as JSON': (context) =>
    runCli(
      context,
      ...['diagram', `${file(context, 'a.mjs', machineModule(NASTY))}#other`, '--format', 'json'],
    ),
  'messages and a close reason': (context) => talkOf(context),
  'messages and a close reason in a trace': (context) => talkOf(context, '--trace', '--quiet'),
  'messages and a close reason in JSON': (context) => talkOf(context, '--json'),
  'the message of a server': async (context) => {
    const server = await startCliServer(context, '--once', '--message', NASTY, '--trace');
    (await rawClient(server.url, context)).reset();
    return server.ended;
  },
  'the reason with which an inspector closes': async (context) => {
    const inspector = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    context.after(() => inspector.close());
    inspector.on('connection', (ws) => ws.close(4000, NASTY));
    await once(inspector, 'listening');
    const { port } = inspector.address() as AddressInfo;
    const server = await rawServer(context);
    const joined = `ws://127.0.0.1:${port}/join`;
    const client = startCli(context, 'client', server.url, '--inspect-connect', joined);
    await client.prints('stderr', /^Can't inspect/m);
    (await server.peer).close(1000);
    return client.ended;
  },
  'the name in a trusted certificate of another host': async (context) => {
    const https = createHttpsServer({ key: pem('key.pem'), cert: pem('forged.pem') });
    const url = `wss://localhost:${await portOf(https, context)}/`;
    const ca = file(context, 'ca.pem', pem('forged.pem'));
    return runCli(context, 'client', url, '--ca', ca, '--trace');
  },
};

// These are not shown, or not whole.
const hidden: Record<string, Source> = {
  'an option that there is not': (context) => runCli(context, 'client', `--${NASTY}`),
  'the path of --coverage': (context) => runCli(context, 'diagram', 'server', '--coverage', NASTY),
  'a header': (context) => runCli(context, 'client', 'ws://[::1]:1/', '--header', NASTY),
  'an origin': (context) => runCli(context, 'client', 'ws://[::1]:1/', '--origin', NASTY),
  'a subprotocol': (context) => runCli(context, 'client', 'ws://[::1]:1/', '--subprotocol', NASTY),
  // Lines of a picture may end anywhere.
  'a machine as SVG': (context) => {
    const module = machineModule(NASTY.replace('\n', ''));
    return runCli(context, 'diagram', `${file(context, 'a.mjs', module)}#other`);
  },
  'a machine as Mermaid text': (context) =>
    runCli(
      context,
      ...[
        'diagram',
        `${file(context, 'a.mjs', machineModule(NASTY))}#other`,
        '--format',
        'mermaid',
      ],
    ),
  'a refused handshake': (context) =>
    answeredWith(
      context,
      'HTTP/1.1 403 \x9b31m\r\nServer: \x9b31m\r\nLocation: \x9b31m\r\nContent-Length: 4\r\n\r\n\x1b\x07\r\n',
    ),
  'a handshake that chooses a subprotocol': (context) =>
    answeredWith(
      context,
      'HTTP/1.1 101 \x9b31m\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: \x9b31m\r\n\r\n',
    ),
  'what is no HTTP': (context) => answeredWith(context, NASTY),
  'TLS where there is none': async (context) => {
    const port = await portOf(createHttpServer(), context);
    return runCli(context, 'client', `wss://127.0.0.1:${port}/`, '--trace');
  },
};

/** Whether a source is a fault alone, which is told in one line. */
function isFault(name: string): boolean {
  return ['a command', "an option's value", 'a URL', 'the error of a module'].includes(name);
}

suite('a terminal', (test) => {
  for (const [name, source] of Object.entries({ ...shown, ...hidden })) {
    test(`is not driven by ${name}`, async (context) => {
      const { stdout, stderr } = await source(context);
      const text = stdout + stderr;
      assert.match(text, name in shown ? ESCAPED : /./);
      if (isFault(name)) assert.match(stderr, /^Fatal error: .*\n$/);
      for (const line of text.split('\n')) {
        assert.ok(isPrintable(line), JSON.stringify(line));
        assert.not.match(line, /^(?:client |server-1 )?Fatal error: forged/);
      }
    });
  }
});

suite('secrets', (test) => {
  const TOKEN = 'abcdefghijklmnopqrstuvwxyz012345';
  const refused: [name: string, args: string[], said: string][] = [
    [
      'a password in a URL without client',
      ['ws://me:hunter2@host/'],
      "unknown command 'ws://…@host/'",
    ],
    [
      'a password in a URL behind an option',
      ['server', '--allow-origin', 'https://me:hunter2@host'],
      "option '--allow-origin <origin>' argument 'https://…@host' is invalid. Expected the origin of a page as browsers send it, such as https://app.example.",
    ],
    [
      'the token of an inspector',
      ['demo', '--inspect-connect', `ws://127.0.0.1:1/${TOKEN}/jion`],
      "option '--inspect-connect <url>' has a wrong argument. Expected the URL to join that --inspect printed elsewhere.",
    ],
    [
      'the value of a header',
      ['client', 'ws://[::1]:1/', '--header', 'Authorization hunter2'],
      "option '--header <name: value>' has a wrong argument. Expected a header, such as 'Authorization: Bearer …'.",
    ],
    [
      'the value of a misspelt option',
      ['client', 'ws://[::1]:1/', '--haeder=Authorization: hunter2'],
      "unknown option '--haeder'",
    ],
  ];
  for (const [name, args, said] of refused) {
    test(`are not printed: ${name}`, async () => {
      assert.is(await refusalOf(...args), `Fatal error: ${said}`);
    });
  }

  const failed: [name: string, args: string[], said: string][] = [
    [
      'a password in a URL that is none of WebSockets',
      ['client', 'http://me:hunter2@localhost/a?key=hunter2'],
      'expected a URL such as ws://host:port/ or wss://host/path, but got "http://…@localhost/a?…": mend the URL',
    ],
    [
      'a password in a bad URL',
      ['client', '//me:hunter2/@localhost'],
      'expected a URL such as ws://host:port/ or wss://host/path, but got "//…@localhost": mend the URL',
    ],
    [
      'the token of an inspector in another place',
      ['client', `http://127.0.0.1:1/${TOKEN}/join`],
      'expected a URL such as ws://host:port/ or wss://host/path, but got "http://127.0.0.1:1/…/join": mend the URL',
    ],
  ];
  for (const [name, args, said] of failed) {
    test(`are not printed: ${name}`, async (context) => {
      const stderr = `Fatal error: ${said}\n`;
      assert.equal(await runCli(context, ...args), { status: 1, stdout: '', stderr });
    });
  }
});
