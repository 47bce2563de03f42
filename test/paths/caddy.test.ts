/** What Caddy does to a WebSocket, by plain means. */
import * as assert from 'uvu/assert';
import { OPCODE } from '../support/frames.js';
import {
  endsBothWays,
  expectCut,
  expectCutDespite,
  expectEcho,
  passesAll,
  ping,
} from './expect.js';
import { pathSuites } from './pathSuite.js';
import { caddyPaths } from './paths.js';

pathSuites(caddyPaths, {
  right: {
    ...passesAll,
    ...endsBothWays,
    'tells the far end who asked, and names itself in the answer': async ({ connect }) => {
      const { request, answer } = await connect();
      assert.match(request.join('\n'), /^X-Forwarded-For: 127\.0\.0\.1$/m);
      assert.match(request.join('\n'), /^X-Forwarded-Proto: http$/m);
      assert.match(answer.join('\n'), /^Server: Caddy$/m);
    },
  },
  tls: passesAll,
  readTimeout: {
    'ends a connection on which the server is silent': async ({ connect, figures }) => {
      const { client, server } = await connect();
      await expectCut(client, 'fin', figures.idleMs as number);
      assert.is(await server.next(), 'fin');
    },
    'is not kept by pings of the client': async ({ connect, figures }) => {
      const { client, server } = await connect();
      const write = (): void => client.write({ opcode: OPCODE.ping });
      await expectCutDespite(write, [client, server], 'fin', figures.idleMs as number);
    },
    'is kept by pings of the server': async ({ connect, figures }) => {
      const connection = await connect();
      await ping(connection.server, connection.client, 6, figures.idleMs as number);
      await expectEcho(connection);
    },
  },
  serverTimeouts: {
    ...passesAll,
    'keep a connection on which one end speaks': async ({ connect, figures }) => {
      const connection = await connect();
      await ping(connection.client, connection.server, 6, figures.idleMs as number);
      await expectEcho(connection);
    },
  },
  deadBackend: {
    'answers 502': async ({ dial }) => {
      assert.is((await dial()).status, 502);
    },
  },
});
