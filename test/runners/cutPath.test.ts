/** A path that is cut by FIN between our two ends: both say so, and neither calls it good. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import * as assert from 'uvu/assert';
import { runCli, startCliServer } from '../support/cli.js';
import { rawServer } from '../support/rawPeer.js';
import { suite, type TestContext } from '../support/suite.js';
import { clientTranscript, withoutPhases, withoutSilence } from '../support/transcripts.js';

/**
 * A proxy that passes the handshake and so many messages of the server, and then sends a FIN to both
 * ends.
 */
async function cuttingProxy(
  { after }: TestContext,
  target: string,
  messages: number,
): Promise<string> {
  const { port } = new URL(target);
  const end = (socket: Socket): void => {
    socket.on('error', () => {});
    after(() => socket.destroy());
  };
  const proxy = createServer((client) => {
    const server = connect(Number(port), '127.0.0.1');
    end(client);
    end(server);
    client.pipe(server, { end: false });
    server.on('data', (chunk) => {
      const hello = `Hello ${messages}`;
      const at = chunk.indexOf(hello);
      // The frame begins two bytes before its payload.
      client.write(at === -1 ? chunk : chunk.subarray(0, at - 2));
      if (at === -1) return;
      client.unpipe(server);
      client.end();
      server.end();
    });
  });
  proxy.listen(0, '127.0.0.1');
  after(() => proxy.close());
  await once(proxy, 'listening');
  return `ws://127.0.0.1:${(proxy.address() as AddressInfo).port}/`;
}

const withoutTimes = (text: string): string =>
  text.replace(/round trip min\/avg\/max \S+ ms/g, 'TIMES');

suite('a path that is cut by FIN', (test) => {
  for (const passed of [0, 3]) {
    test(`is an error at both ends, after ${passed} messages`, async (context) => {
      const server = await startCliServer(context, '--once', '--quiet');
      const url = await cuttingProxy(context, server.url, passed);
      const client = await runCli(context, 'client', url);
      assert.equal(
        { ...client, stderr: withoutTimes(withoutPhases(withoutSilence(client.stderr))) },
        {
          status: 1,
          stdout: clientTranscript(passed),
          stderr:
            "Couldn't receive msg: expected a Close frame before the end of the stream, but none came: the stream ended: the path cut it, or the peer was killed or sends none (--no-strict-close)\n" +
            `client error: ${passed} exchanges${passed === 0 ? '' : ', TIMES'}, no Close frame\n`,
        },
      );
      const { status, stderr } = await server.ended;
      assert.is(status, 1);
      assert.match(
        withoutSilence(stderr),
        `Can't receive: expected a reply in every round, but the stream ended in round ${passed} (no Close frame): see why the peer or the path closed it\n`,
      );
    });
  }

  test('is taken for graceful when told to', async (context) => {
    const server = await startCliServer(context, '--once', '--quiet');
    const url = await cuttingProxy(context, server.url, 3);
    assert.is((await runCli(context, 'client', '--no-strict-close', url)).status, 0);
  });

  test('is an error where a number of messages is expected, whoever the peer is', async (context) => {
    const server = await rawServer(context);
    const client = runCli(context, 'client', '--expect', '3', server.url);
    const peer = await server.peer;
    peer.send('a');
    await peer.next();
    peer.fin();
    const { status, stderr } = await client;
    assert.is(status, 1);
    assert.match(
      withoutSilence(stderr),
      "Couldn't receive msg: expected 3 messages, but 1 came, and the stream ended (no Close frame): see why the peer or the path closed it (--expect)\n",
    );
  });

  test('is said in the summary where the peer may be one that sends no Close frames', async (context) => {
    const server = await rawServer(context);
    const client = runCli(context, 'client', server.url);
    (await server.peer).fin();
    const { status, stderr } = await client;
    assert.equal(
      [status, withoutPhases(withoutSilence(stderr))],
      [
        0,
        'client done: 0 exchanges, no Close frame came, as where a path is cut (--strict-close makes that an error)\n',
      ],
    );
  });
});
