/**
 * What callers give wrongly: no option ends the process, and each is told in a sentence. Many options are
 * first used in callbacks of the system, where an exception would be nobody's.
 */
import { once } from 'node:events';
import { Agent } from 'node:http';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import * as assert from 'uvu/assert';
import type { ClientOptions, WebSocket } from 'ws';
import { SimulatedClock } from 'xstate';
import { dial, speak } from '../../adapters/ws.js';
import { startClient, startServer } from '../support/sessions.js';
import { suite, type TestContext } from '../support/suite.js';

/** The port of a server that takes connections and says nothing. */
async function silentPort({ after }: TestContext): Promise<number> {
  const server = createServer((socket) => {
    after(() => socket.destroy());
    socket.on('error', () => {});
  });
  server.listen(0, '127.0.0.1');
  after(() => server.close());
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const boom = (): never => {
  throw new Error('boom');
};

/** A lookup as callers write them: it may answer with anything. */
function lookup(answer: (done: (...results: unknown[]) => void) => void): ClientOptions {
  const look = (_host: string, _options: object, done: (...results: unknown[]) => void): void =>
    answer(done);
  return { lookup: look } as unknown as ClientOptions;
}

suite('options of ws that are wrong', (test) => {
  const threw: [
    name: string,
    scheme: 'ws' | 'wss',
    host: string,
    ws: ClientOptions,
    why: RegExp,
  ][] = [
    ['a certificate that is none', 'wss', '127.0.0.1', { cert: 'x', key: 'x' }, /PEM/],
    ['ciphers that nobody knows', 'wss', '127.0.0.1', { ciphers: 'x' }, /no cipher match/],
    ['a local address that is none', 'ws', '127.0.0.1', { localAddress: 'x' }, /Invalid IP/],
    ['a family that is none', 'ws', 'localhost', { family: 7 }, /family/],
    ['a lookup that throws', 'ws', 'localhost', lookup(boom), /boom/],
    ['a lookup that finds a number', 'ws', 'localhost', lookup((done) => done(null, 7)), /filter/],
    ['a lookup that fails with text', 'ws', 'localhost', lookup((done) => done('gone')), /gone/],
    ['a request that throws as it is sent', 'ws', '127.0.0.1', { finishRequest: boom }, /boom/],
  ];

  for (const [name, scheme, host, ws, why] of threw) {
    test(`end a session in error with ${name}`, async (context) => {
      const url = `${scheme}://${host}:${await silentPort(context)}/`;
      const { fault } = await startClient(url, context, { ws }).output;
      assert.equal([fault?.blame, fault?.code], ['local', 'ERR_MISUSE']);
      assert.is(fault?.expected, 'options that a connection can be made with');
      assert.match(fault?.came ?? '', why);
    });
  }

  test('do not include a lookup that finds one address', async (context) => {
    const server = await startServer(context, { settings: { rounds: 1 } });
    const { port } = new URL(server.url);
    const ws = lookup((done) => done(null, '127.0.0.1', 4));
    const { outcome } = await startClient(`ws://name.example:${port}/`, context, { ws }).output;
    assert.is(outcome, 'done');
  });

  const headers: [name: string, sentence: string][] = [
    ...['upgrade', 'Connection', 'Sec-WebSocket-Key', 'Trailer'].map((name): [string, string] => [
      name,
      `expected headers beside those that make the handshake, but one of those is "${name}": leave it out (headers)`,
    ]),
    [
      'Sec-WebSocket-Protocol',
      'expected headers beside those that make the handshake, but one of those is "Sec-WebSocket-Protocol": name subprotocols in their own place (subprotocols)',
    ],
  ];

  for (const [name, sentence] of headers) {
    test(`end a session in error with a header ${name}`, async (context) => {
      const url = `ws://127.0.0.1:${await silentPort(context)}/`;
      const ws = { headers: { [name]: 'x' } };
      assert.is((await startClient(url, context, { ws }).output).fault?.message, sentence);
    });
  }
});

suite('stages of an opening', (test) => {
  const stalls: [name: string, ws: (connect: () => Socket) => object, came: string][] = [
    [
      'a lookup that stalls',
      () => lookup(() => {}),
      'the name a.example was still being looked up',
    ],
    [
      "a caller's agent",
      (createConnection) => ({ agent: Object.assign(new Agent(), { createConnection }) }),
      'it did not, and how far it came is not known',
    ],
    [
      "a caller's own connection",
      (createConnection) => ({ createConnection }),
      'it did not, and how far it came is not known',
    ],
  ];

  for (const [name, ws, came] of stalls) {
    test(`are claimed no further than they are known, with ${name}`, async (context) => {
      const clock = new SimulatedClock();
      const port = await silentPort(context);
      const options = ws(() => connect(port, '127.0.0.1'));
      const session = startClient('ws://a.example/', context, { ws: options, clock });
      // The first stage is told in the next tick.
      await new Promise((resolve) => setImmediate(resolve));
      clock.increment(10_000);
      assert.is((await session.output).fault?.came, came);
    });
  }
});

suite('arguments that are wrong', (test) => {
  test('end an opening in error where options are null', () => {
    const actor = dial('ws://127.0.0.1:1/', () => {}, null as unknown as object).start();
    assert.is(
      actor.getSnapshot().output?.fault?.message,
      'expected options in an object, but they are null: give an object, or leave them out',
    );
  });

  test('end an opening in error where options are text', () => {
    const actor = dial('ws://127.0.0.1:1/', () => {}, 'x' as unknown as object).start();
    assert.is(actor.getSnapshot().output?.fault?.came, 'they are "x"');
  });

  test('end an opening in error where a URL has a fragment', () => {
    assert.is(
      dial('ws://127.0.0.1:1/#token', () => {})
        .start()
        .getSnapshot().output?.fault?.message,
      'expected a URL without a fragment, but got "ws://127.0.0.1:1/#…": leave "#" and the rest out',
    );
  });

  for (const [name, value] of [
    ['null', null],
    ['an object', {}],
  ] as const) {
    test(`end a server session in error where its socket is ${name}`, () => {
      assert.is(
        speak(value as unknown as WebSocket)
          .start()
          .getSnapshot().output?.fault?.message,
        "expected an open socket of ws, but something else was given: give the socket of the server's event 'connection', or of dial()",
      );
    });
  }

  const broken = {
    get connectTimeout(): number {
      return boom();
    },
  };

  test('end an opening in error where reading a setting throws', () => {
    const actor = dial('ws://127.0.0.1:1/', () => {}, { settings: broken }).start();
    assert.match(actor.getSnapshot().output?.fault?.message ?? '', 'reading them threw "boom"');
  });

  for (const [name, settings, came] of [
    [
      'a setting throws',
      {
        get rounds() {
          return boom();
        },
      },
      'reading them threw "boom"',
    ],
    ['they are a list', ['x'], 'it is a list'],
  ] as [string, object, string][]) {
    test(`end a server session of lockstep's own client in error where ${name}`, async (context) => {
      const server = await startServer(context, { settings, closeTimeout: 1 });
      startClient(server.url, context);
      assert.match((await (await server.next()).output).fault?.message ?? '', came);
    });
  }
});
