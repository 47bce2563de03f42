/** The two command lines hold the conversation, and show it in every form. */
import * as assert from 'uvu/assert';
import { CLI, runCli, startCli, startCliServer, startProgram, urlOf } from '../support/cli.js';
import { OPCODE } from '../support/frames.js';
import { rawClient, rawServer } from '../support/rawPeer.js';
import { startClient, startServer } from '../support/sessions.js';
import { suite } from '../support/suite.js';
import {
  clientTranscript,
  serverTranscript,
  withoutAddresses,
  withoutPhases,
} from '../support/transcripts.js';

const TIMES = /\d+\.\d{3}\/\d+\.\d{3}\/\d+\.\d{3} ms/g;

suite('conversation of the command lines', (test) => {
  test('is that of the book, to the letter', async (context) => {
    const server = await startCliServer(context, '--once');
    const client = await runCli(context, 'client', server.url);
    assert.equal(
      { ...client, stderr: withoutPhases(client.stderr).replace(TIMES, 'TIMES') },
      {
        status: 0,
        stdout: clientTranscript(),
        stderr: 'client done: 10 exchanges, round trip min/avg/max TIMES, Close frame 1000\n',
      },
    );
    const ended = await server.ended;
    assert.equal(
      { ...ended, stderr: ended.stderr.replace(TIMES, 'TIMES') },
      {
        status: 0,
        stdout: serverTranscript(),
        stderr: `Listening on ${server.url}\nserver-1 done: 10 exchanges, round trip min/avg/max TIMES, Close frame 1000\n`,
      },
    );
  });

  test('is shown by the demo from both sides', async (context) => {
    const { status, stdout, stderr } = await runCli(context, 'demo');
    assert.is(status, 0);
    assert.is(stderr, '');
    const said = (side: string) =>
      stdout
        .split('\n')
        .filter((line) => line.startsWith(`${side} | `))
        .map((line) => line.slice(side.length + 3));
    const transcript = (side: string) =>
      `${said(side)
        .filter((line) => /^(Echoing|Sending|Received)/.test(line))
        .join('\n')}\n`;
    const states = (side: string) => said(side).filter((line) => line.startsWith('= '));
    assert.is(transcript('server'), serverTranscript());
    assert.is(transcript('client'), clientTranscript());
    const rounds = (...names: string[]) =>
      Array.from({ length: 10 }, () => names.map((name) => `= ${name}`)).flat();
    assert.equal(states('server'), [
      ...rounds('conversing.sending', 'conversing.awaitingReply'),
      '= leaving.closing',
      '= done',
    ]);
    assert.equal(states('client'), [
      '= connecting',
      '= opened',
      ...rounds('conversing.awaitingMessage', 'conversing.replying'),
      '= conversing.awaitingMessage',
      '= done',
    ]);
  });

  test('is held with several clients, each on its own', async (context) => {
    const server = await startCliServer(context, '--rounds', '3');
    const clients = await Promise.all(
      [1, 2, 3].map(() => runCli(context, 'client', server.url, '--quiet')),
    );
    for (const { status, stdout, stderr } of clients) {
      assert.equal([status, stdout], [0, '']);
      assert.match(stderr, /^client done: 3 exchanges, .*\n$/);
    }
  });

  test('is what the options say', async (context) => {
    const server = await startCliServer(
      context,
      ...['--once', '--rounds', '2', '--message', '{n} of {n}', '--binary', '--strict'],
    );
    const client = await runCli(context, 'client', server.url);
    assert.is(client.stdout, 'Received from server: 0 of 0\nReceived from server: 1 of 1\n');
    assert.is((await server.ended).status, 0);
  });

  test('is written as one JSON object a line', async (context) => {
    const server = await startCliServer(context, '--once', '--json', '--rounds', '1');
    const client = await runCli(context, 'client', server.url, '--json');
    const parse = (text: string) =>
      text
        .trimEnd()
        .split('\n')
        .map((line) => {
          const { time, roundTrip, firstMessage: _, ...rest } = JSON.parse(line);
          assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
          if (rest.type === 'opening.ended') {
            const { phases, ...opening } = rest.output;
            assert.equal(Object.keys(phases), ['name', 'tcp', 'upgrade']);
            return { ...rest, output: opening };
          }
          if (rest.type !== 'session.ended') return rest;
          assert.ok(roundTrip.min <= roundTrip.max);
          const { silence, ...end } = rest.output.end;
          assert.ok(silence >= 0);
          return { ...rest, output: { ...rest.output, end } };
        });
    const output = {
      outcome: 'done',
      exchanges: 1,
      mismatches: 0,
      end: { closeFrame: true, code: 1000, reason: '' },
      fault: null,
    };
    const said = { round: 0, data: 'Hello 0' };
    const inSession = { session: 'client' };
    assert.equal(parse(client.stdout), [
      {
        ...inSession,
        state: 'opened',
        type: 'opening.ended',
        output: { outcome: 'opened', subprotocol: '', redirects: [], fault: null },
      },
      { ...inSession, state: 'conversing.awaitingMessage', type: 'session.started' },
      { ...inSession, state: 'conversing.replying', type: 'session.received', ...said },
      { ...inSession, state: 'conversing.awaitingMessage', type: 'session.returned', round: 0 },
      { ...inSession, state: 'done', type: 'session.ended', output },
    ]);
    const ofServer = { session: 'server-1' };
    const [{ peer, host, ...started }, ...others] = parse((await server.ended).stdout);
    assert.match(peer, /^127\.0\.0\.1:\d+$/);
    assert.is(host, new URL(server.url).host);
    const visitor = { path: '/', origin: 'http://localhost' };
    assert.equal(started, {
      ...ofServer,
      state: 'conversing.sending',
      type: 'session.started',
      ...visitor,
    });
    assert.equal(others, [
      { ...ofServer, state: 'conversing.sending', type: 'session.roundStarted', ...said },
      { ...ofServer, state: 'leaving.closing', type: 'session.echoed', ...said },
      { ...ofServer, state: 'done', type: 'session.ended', output },
    ]);
  });

  test('begins in JSON with who came, whatever a proxy calls itself', async (context) => {
    const server = await startCliServer(context, '--json', '--rounds', '0');
    const headers = { 'X-Forwarded-For': '192.0.2.1, 192.0.2.2' };
    startClient(`${server.url}path?secret`, context, { ws: { headers } });
    const [line] = await server.prints('stdout', /^.*session\.started.*$/m);
    const { path, forwardedFor } = JSON.parse(line);
    assert.equal({ path, forwardedFor }, { path: '/path', forwardedFor: '192.0.2.1, 192.0.2.2' });
  });

  test('has its bytes as base64 in JSON', async (context) => {
    const server = await rawServer(context);
    const client = runCli(context, 'client', server.url, '--json');
    const peer = await server.peer;
    peer.send(Uint8Array.of(0, 255));
    assert.is(await peer.next(), 'binary 00ff');
    peer.close(1000);
    assert.match((await client).stdout, '"round":0,"data":{"base64":"AP8="}}');
  });

  test('is held the other way round: the client speaks, and the server returns', async (context) => {
    const server = await startCliServer(context, '--echo', '--once', '--expect', '2');
    const client = await runCli(context, 'client', '--speak', '--rounds', '2', server.url);
    assert.equal(
      [client.status, client.stdout],
      [
        0,
        `Echoing
Sending to server: Hello 0
Received back from server: Hello 0
Sending to server: Hello 1
Received back from server: Hello 1
`,
      ],
    );
    const { status, stdout } = await server.ended;
    assert.equal(
      [status, stdout],
      [0, 'Received from client: Hello 0\nReceived from client: Hello 1\n'],
    );
  });

  test('is an error at both ends where both wait for the other to speak', async (context) => {
    const server = await startCliServer(context, '--echo', '--once', '--reply-timeout', '5s');
    const client = await runCli(context, 'client', server.url, '--reply-timeout', '200ms');
    assert.is(client.status, 1);
    assert.match(
      withoutPhases(client.stderr),
      /^Couldn't receive msg: expected message 0 or the end .*, speak first; .* \(--speak\)\n/,
    );
    assert.is((await server.ended).status, 1);
  });

  test('has a server that waits say how it would speak', async (context) => {
    const server = await startCliServer(context, '--echo', '--once', '--reply-timeout', '50ms');
    const peer = await rawClient(server.url, context);
    assert.match(await peer.next(), 'close 1008');
    peer.close(1008);
    assert.match((await server.ended).stderr, ' (leave out --echo)\n');
  });

  for (const [args, sentence] of [
    [
      ['client', 'ws://localhost:1/', '--rounds', '3'],
      'expected --speak with --rounds, but it is missing: add --speak where this end is to speak, and leave it out where it is not',
    ],
    [
      ['client', 'ws://localhost:1/', '--speak', '--expect', '3'],
      'expected no --expect with --speak, but both were given: add --speak where this end is to speak, and leave it out where it is not',
    ],
    [
      ['server', '--echo', '--strict'],
      'expected no --strict with --echo, but both were given: add --echo where this end is to return messages, and leave it out where it is not',
    ],
  ] as [string[], string][]) {
    test(`takes no option of the other part: ${args.join(' ')}`, async (context) => {
      const { status, stderr } = await runCli(context, ...args);
      assert.equal([status, stderr], [1, `Fatal error: ${sentence}\n`]);
    });
  }

  test('is traced on stderr, fact by fact', async (context) => {
    const server = await startCliServer(context, '--once', '--rounds', '1', '--trace', '--quiet');
    const client = await runCli(context, 'client', server.url, '--trace', '--quiet');
    assert.equal(withoutAddresses(client.stderr).trimEnd().split('\n'), [
      'client = connecting',
      'client < socket.attempted name …',
      'client < socket.attempted tcp …',
      'client < socket.attempted upgrade …',
      'client < socket.opened',
      'client = opened',
      'client > socket.handOver',
      'client = conversing.awaitingMessage',
      'client < socket.received "Hello 0"',
      'client = conversing.replying',
      'client > socket.send "Hello 0"',
      'client < socket.sent',
      'client = conversing.awaitingMessage',
      'client < socket.ended 1000',
      'client = done',
      'client done: 1 exchange, Close frame 1000',
    ]);
    assert.equal((await server.ended).stderr.trimEnd().split('\n'), [
      `Listening on ${server.url}`,
      'server-1 = conversing.sending',
      'server-1 > socket.send "Hello 0"',
      'server-1 < socket.sent',
      'server-1 = conversing.awaitingReply',
      'server-1 < socket.received "Hello 0"',
      'server-1 = leaving.closing',
      'server-1 > socket.close 1000',
      'server-1 < socket.ended 1000',
      'server-1 = done',
    ]);
  });

  test('escapes what a peer says to a terminal, and shows other bytes as hex', async (context) => {
    const server = await rawServer(context);
    const client = runCli(context, 'client', server.url);
    const peer = await server.peer;
    peer.send('red \x1b[31m, forged\nReceived from server: x, \u202eright to left');
    peer.send(Uint8Array.of(0, 1, 0xff));
    peer.send(new Uint8Array(33));
    peer.send(new TextEncoder().encode('plain'));
    peer.write({ opcode: OPCODE.binary });
    peer.close(4000, '\x1b[2J');
    const { status, stdout, stderr } = await client;
    assert.is(status, 1);
    assert.equal(stdout.split('\n'), [
      'Received from server: red \\x1b[31m, forged\\x0aReceived from server: x, \\u202eright to left',
      'Received from server: [3 bytes: 00 01 ff]',
      `Received from server: [33 bytes: ${Array(32).fill('00').join(' ')} …]`,
      'Received from server: plain',
      'Received from server: ',
      '',
    ]);
    assert.not.match(stderr, '\x1b');
  });

  test('has in JSON nothing that could drive a terminal either', async (context) => {
    const server = await rawServer(context);
    const client = runCli(context, 'client', server.url, '--json');
    const peer = await server.peer;
    peer.send('\u009b\u202e\x7f');
    peer.close(4000, '\u009b\u202e');
    const { stdout, stderr } = await client;
    assert.match(stdout, '"data":"\\u009b\\u202e\\u007f"}');
    assert.match(stderr, 'the peer closed with 4000 "\\x9b\\u202e"');
    for (const line of stdout.trimEnd().split('\n')) assert.ok(JSON.parse(line));
  });

  test('is nothing but the summary of the client when both are quiet, in JSON too', async (context) => {
    const server = await startCliServer(context, '--once', '--json', '--quiet');
    const client = await runCli(context, 'client', server.url, '--json', '--quiet');
    assert.equal([client.status, client.stderr], [0, '']);
    const [end, ...others] = client.stdout.trimEnd().split('\n');
    const { type, output, roundTrip } = JSON.parse(end ?? '');
    assert.equal([type, output.exchanges, roundTrip.count], ['session.ended', 10, 9]);
    assert.equal(others, []);
    const { stdout, stderr } = await server.ended;
    assert.equal([stdout, stderr], ['', `Listening on ${server.url}\n`]);
  });

  test('is printed whole for a reader that is slow', async (context) => {
    const message = 'x'.repeat(100_000);
    const server = startProgram(context, process.execPath, [
      CLI,
      ...['server', '--port', '0', '--once', '--rounds', '20', '--message', message],
    ]);
    server.child.stdout?.pause();
    const client = startCli(context, 'client', await urlOf(server), '--json');
    // By then more was said than fits into a pipe, and the server waits.
    await client.prints('stdout', /"round":1,/);
    server.child.stdout?.resume();
    const { status, stdout } = await server.ended;
    assert.is(status, 0);
    assert.is(stdout.trimEnd().split('\n').length, 41);
    assert.is((await client.ended).stdout.trimEnd().split('\n').length, 43);
  });

  test('shows the subprotocol that the server chose', async (context) => {
    const server = await startServer(context, { settings: { rounds: 0 } });
    const offers = ['--subprotocol', 'one', '--subprotocol', 'two'];
    const { stderr } = await runCli(context, 'client', server.url, '--trace', ...offers);
    assert.match(stderr, 'client < socket.opened "one" after upgrade ');
  });

  test('is held on IPv6, whose addresses have brackets', async (context) => {
    const server = await startCliServer(context, '--host', '[::1]');
    assert.match(server.url, /^ws:\/\/\[::1\]:\d+\/$/);
    const peer = await rawClient(server.url, context);
    await peer.next();
    peer.fin();
    await server.prints('stderr', /\(server-1 from \[::1\]:\d+\)$/m);
  });

  test('goes on after a wrong echo, which it tells and counts', async (context) => {
    const server = await startCliServer(context, '--once', '--rounds', '2');
    const peer = await rawClient(server.url, context);
    await peer.next();
    peer.send('Hallo 0');
    await peer.next();
    peer.send('Hello 1');
    await peer.next();
    peer.close(1000);
    const { status, stdout, stderr } = await server.ended;
    assert.is(status, 0);
    assert.match(stdout, 'Received back from client: Hallo 0\n');
    assert.match(stderr, 'server-1 done: 2 exchanges, 1 not as sent,');
  });
});
