/** The command lines against peers in other languages, over real TCP: both ways, to the letter. */
import * as assert from 'uvu/assert';
import { runCli, startCliServer, startProgram, urlOf } from '../support/cli.js';
import { suite } from '../support/suite.js';
import { clientTranscript, serverTranscript, withoutPhases } from '../support/transcripts.js';
import { PEERS } from './peers.js';

for (const { name, command, sendsClose, keepsKind } of PEERS) {
  const [program, ...args] = command;
  const end = sendsClose
    ? 'Close frame 1000'
    : 'no Close frame came( after \\d+\\.\\d s of silence)?, as where a path is cut \\(--strict-close makes that an error\\)';

  suite(`${name} peer`, (test) => {
    test('is a client that our server converses with', async (context) => {
      const server = await startCliServer(context, '--once', '--strict');
      const client = await startProgram(context, program, [...args, 'client', server.url]).ended;
      assert.equal(client, { status: 0, stdout: clientTranscript(), stderr: '' });
      const { status, stdout, stderr } = await server.ended;
      assert.equal([status, stdout], [0, serverTranscript()]);
      assert.match(stderr, new RegExp(`^server-1 done: 10 exchanges, .*, ${end}$`, 'm'));
    });

    test('is a server that our client converses with', async (context) => {
      const server = startProgram(context, program, [...args, 'server']);
      const { status, stdout, stderr } = await runCli(context, 'client', await urlOf(server));
      assert.equal([status, stdout], [0, clientTranscript()]);
      assert.match(withoutPhases(stderr), new RegExp(`^client done: 10 exchanges, .*, ${end}\n$`));
      const ended = await server.ended;
      assert.equal([ended.status, ended.stdout], [0, serverTranscript()]);
    });

    test('returns a message of 100 kB, with characters of every width in UTF-8', async (context) => {
      const message = `${'aé€😀'.repeat(10_000)} {n}`;
      const server = await startCliServer(
        context,
        ...['--once', '--strict', '--rounds', '2', '--message', message],
      );
      const client = await startProgram(context, program, [...args, 'client', server.url]).ended;
      assert.is(client.status, 0);
      assert.is((await server.ended).status, 0);
    });

    test(`returns bytes as ${keepsKind ? 'bytes' : 'text, which our server tells'}`, async (context) => {
      const server = await startCliServer(context, '--once', '--rounds', '3', '--binary');
      const client = await startProgram(context, program, [...args, 'client', server.url]).ended;
      assert.is(client.status, 0);
      const { status, stderr } = await server.ended;
      assert.is(status, 0);
      assert.is(stderr.includes('3 not as sent'), !keepsKind);
    });

    if (!sendsClose) {
      test('fails a session that asks for a Close frame', async (context) => {
        const server = await startCliServer(context, '--once', '--strict-close');
        await startProgram(context, program, [...args, 'client', server.url]).ended;
        const { status, stderr } = await server.ended;
        assert.is(status, 1);
        assert.match(stderr, "Can't receive: expected a Close frame before the end of the stream");
      });
    }
  });
}
