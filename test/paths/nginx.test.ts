/** What nginx does to a WebSocket, by plain means. */
import * as assert from 'uvu/assert';
import { endsBothWays, expectCut, expectEcho, passesAll, ping } from './expect.js';
import { pathSuites, type Rig } from './pathSuite.js';
import { nginxPaths } from './paths.js';

/** Expects TLS to fail for this reason. */
const failsTls = async ({ dial }: Rig, code: string): Promise<void> => {
  const error = await dial().catch((reason: NodeJS.ErrnoException) => reason);
  assert.is((error as NodeJS.ErrnoException).code, code);
};

pathSuites(nginxPaths, {
  right: {
    ...passesAll,
    ...endsBothWays,
    'passes Origin, and names itself in the answer alone': async ({ connect }) => {
      const { request, answer } = await connect(['Origin: http://localhost']);
      assert.ok(request.includes('Origin: http://localhost'));
      assert.not.match(request.join('\n'), /via|forwarded/i);
      assert.match(answer.join('\n'), /^Server: nginx/m);
    },
  },
  withoutUpgrade: {
    'drops Upgrade and Connection, and keeps the other headers': async ({ dial, far }) => {
      const dialled = dial();
      const { lines, socket } = await far.next();
      assert.is(lines[0], 'GET / HTTP/1.0');
      assert.not.match(lines.join('\n'), /^Upgrade:/im);
      assert.match(lines.join('\n'), /^Connection: close$/m);
      assert.match(lines.join('\n'), /^Sec-WebSocket-Key:/m);
      socket.end('HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n');
      assert.is((await dialled).status, 426);
    },
  },
  withoutConnection: {
    'drops Connection: Upgrade, and keeps Upgrade': async ({ dial, far }) => {
      const dialled = dial();
      const { lines, socket } = await far.next();
      assert.match(lines.join('\n'), /^Upgrade: websocket$/m);
      assert.match(lines.join('\n'), /^Connection: close$/m);
      socket.end('HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n');
      assert.is((await dialled).status, 426);
    },
  },
  readTimeout: {
    'ends a silent connection by FIN, at both ends': async ({ connect, figures }) => {
      const { client, server } = await connect();
      await expectCut(client, 'fin', figures.idleMs as number);
      assert.is(await server.next(), 'fin');
    },
    'is kept by pings of the client': async ({ connect, figures }) => {
      const connection = await connect();
      await ping(connection.client, connection.server, 6, figures.idleMs as number);
      await expectEcho(connection);
    },
    'is kept by pings of the server': async ({ connect, figures }) => {
      const connection = await connect();
      await ping(connection.server, connection.client, 6, figures.idleMs as number);
      await expectEcho(connection);
    },
  },
  buffering: passesAll,
  bodySize: passesAll,
  deadBackend: {
    'answers 502': async ({ dial }) => {
      assert.is((await dial()).status, 502);
    },
  },
  authWithout: {
    'answers 401': async ({ dial }) => {
      const { status, lines } = await dial();
      assert.is(status, 401);
      assert.match(lines.join('\n'), /^WWW-Authenticate: Basic realm="inner"$/m);
    },
  },
  authWith: passesAll,
  redirecting: {
    'answers 301 with the new place': async ({ dial }) => {
      const { status, lines } = await dial();
      assert.is(status, 301);
      assert.match(lines.join('\n'), /^Location: http:\/\/127\.0\.0\.1:\d+\/new$/m);
    },
  },
  tls: { ...passesAll, ...endsBothWays },
  tlsExpired: { 'is not trusted': (rig) => failsTls(rig, 'CERT_HAS_EXPIRED') },
  tlsWrongName: { 'is not trusted': (rig) => failsTls(rig, 'ERR_TLS_CERT_ALTNAME_INVALID') },
  tlsSelfSigned: { 'is not trusted': (rig) => failsTls(rig, 'DEPTH_ZERO_SELF_SIGNED_CERT') },
  oneOfMany: passesAll,
  byServername: passesAll,
  reloading: {
    'keeps a connection until the timeout, and ends it by FIN': async (rig) => {
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
  reloadingPatiently: {
    'keeps a connection that is open': async (rig) => {
      const connection = await rig.connect();
      await rig.reload?.();
      await expectEcho(await rig.connect());
      await expectEcho(connection);
    },
  },
});
