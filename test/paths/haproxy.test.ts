/** What HAProxy does to a WebSocket, by plain means. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect as connectH2 } from 'node:http2';
import * as assert from 'uvu/assert';
import { frame, OPCODE, readFrame } from '../support/frames.js';
import { expectCut, expectEcho, isKeptByPings, passesAll, ping } from './expect.js';
import { type PathTests, pathSuites, type Rig } from './pathSuite.js';
import { haproxyPaths } from './paths.js';

/** Expects a silent connection to end by FIN for the client, and by this for the server. */
const cutsIdle = async ({ connect, figures }: Rig, forServer: 'fin' | 'reset'): Promise<void> => {
  const { client, server } = await connect();
  await expectCut(client, 'fin', figures.idleMs as number);
  assert.is(await server.next(), forServer);
};

/** Opens a WebSocket inside HTTP/2 (RFC 8441), and expects the far end to get an HTTP/1.1 handshake. */
async function conversesByH2({ entry, far, context }: Rig): Promise<void> {
  const session = connectH2(entry.url.replace('wss:', 'https:'), {
    ca: readFileSync(entry.ca as string),
  });
  context.after(() => session.destroy());
  await once(session, 'remoteSettings');
  const stream = session.request({
    ':method': 'CONNECT',
    ':protocol': 'websocket',
    ':path': '/',
    'sec-websocket-version': '13',
  });
  const answered = once(stream, 'response');
  const held = await far.next();
  assert.is(held.lines[0], 'GET / HTTP/1.1');
  const server = held.open();
  const [headers] = await answered;
  assert.is(headers[':status'], 200);
  stream.write(frame({ opcode: OPCODE.text, payload: 'by h2', masked: true }));
  assert.is(await server.next(), 'text "by h2"');
  server.send('by h1');
  const [bytes] = await once(stream, 'data');
  assert.is(readFrame(bytes)?.frame.payload.toString(), 'by h1');
}

/** Expects the FIN of a client to pass alone, and that of a server to end both ways. */
const halfCloses: PathTests = {
  'ends a connection of which the server has ended its way': async ({ connect }) => {
    const { client, server } = await connect();
    client.isPolite = false;
    server.fin();
    assert.is(await client.next(), 'fin');
    assert.is(await server.next(), 'fin');
  },
  'passes the FIN of a client on, and keeps the way back open': async ({ connect }) => {
    const { client, server } = await connect();
    server.isPolite = false;
    client.fin();
    assert.is(await server.next(), 'fin');
    server.send('still here');
    assert.is(await client.next(), 'text "still here"');
  },
};

pathSuites(haproxyPaths, {
  right: {
    ...passesAll,
    ...halfCloses,
    'adds nothing to the request, and does not name itself': async ({ connect }) => {
      const { request, answer } = await connect();
      assert.not.match(request.concat(answer).join('\n'), /haproxy|via|forwarded/i);
    },
  },
  tunnelTimeout: {
    'ends a silent connection by FIN for the client, by RST for the server': (rig) =>
      cutsIdle(rig, 'reset'),
    'is kept by pings of either end': isKeptByPings,
  },
  withoutTunnelTimeout: {
    'ends a silent connection by FIN for the client, by RST for the server': (rig) =>
      cutsIdle(rig, 'reset'),
    'is kept by pings of either end': isKeptByPings,
  },
  clientFin: {
    ...halfCloses,
    'keeps a connection that is open': async ({ connect, figures }) => {
      const connection = await connect();
      await ping(connection.client, connection.server, 6, figures.halfClosedMs as number);
      await expectEcho(connection);
    },
  },
  clientFinTcp: {
    'leaves a client so long after the FIN of its server': async ({ connect, figures }) => {
      const { client, server } = await connect();
      client.isPolite = false;
      server.fin();
      assert.is(await client.next(), 'fin');
      await expectCut(server, 'fin', figures.halfClosedMs as number);
    },
  },
  serverFin: {
    'leaves a server so long after the FIN of its client': async ({ connect, figures }) => {
      const { client, server } = await connect();
      server.isPolite = false;
      client.fin();
      assert.is(await server.next(), 'fin');
      await expectCut(client, 'fin', figures.halfClosedMs as number);
    },
  },
  httpServerClose: passesAll,
  tcp: {
    ...passesAll,
    'ends a silent connection by FIN, at both ends': (rig) => cutsIdle(rig, 'fin'),
    'is kept by pings of either end': isKeptByPings,
  },
  deadBackend: {
    'answers 503': async ({ dial }) => {
      assert.is((await dial()).status, 503);
    },
  },
  h2Front: {
    ...passesAll,
    'takes a WebSocket inside HTTP/2, and asks the far end by HTTP/1.1': conversesByH2,
  },
  h2Alone: {
    'ends a handshake by HTTP/1.1 without an answer': async ({ dial }) => {
      const error = await dial().catch((reason: Error) => reason);
      assert.instance(error, Error);
    },
    'takes a WebSocket inside HTTP/2': conversesByH2,
  },
  reloading: {
    'keeps a connection until the timeout, and ends it': async (rig) => {
      const connection = await rig.connect();
      await rig.reload?.();
      await expectEcho(connection);
      await expectCut(connection.client, 'fin', (rig.figures.lifetimeMs as number) / 2);
      assert.is(await connection.server.next(), 'fin');
    },
    'serves new connections meanwhile': async (rig) => {
      await rig.connect();
      await rig.reload?.();
      await expectEcho(await rig.connect());
    },
  },
});
