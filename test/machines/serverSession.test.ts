import * as assert from 'uvu/assert';
import { initialTransition } from 'xstate';
import { serverSession } from '../../machines/index.js';
import {
  broken,
  closed,
  deadline,
  endedWithoutClose,
  received,
  sent,
  stopRequested,
  violated,
} from '../support/facts.js';
import { linesOf, play, type Step } from '../support/play.js';
import { suite } from '../support/suite.js';

const lines = (input: object, steps: Step[]) => linesOf(serverSession, input, steps);
const output = (input: object, steps: Step[]) => play(serverSession, input, steps).snapshot.output;

const FIRST_WORDS = [
  '= conversing.sending',
  '* session.started',
  '* session.roundStarted 0 "Hello 0"',
  '> socket.send "Hello 0"',
];

const MISFIT = [
  '< socket.received "Hallo"',
  '= leaving.rejecting',
  '* session.mismatched 0 "Hallo" for "Hello 0"',
  '! ERR_WRONG_ECHO expected message 0 back as "Hello 0", but "Hallo" came (they differ from character 2 on): see whether the peer or the path alters messages',
  '> socket.close 1008 "ERR_WRONG_ECHO"',
];

suite('server session with an interval', (test) => {
  const input = { rounds: 2, interval: 500 };

  test('speaks at once, and rests between a reply and the next message', () => {
    const told = [sent, received('Hello 0'), deadline('interval')];
    assert.equal(lines(input, told), [
      ...FIRST_WORDS,
      '< socket.sent',
      '= conversing.awaitingReply',
      '< socket.received "Hello 0"',
      '= conversing.resting',
      '* session.echoed 0 "Hello 0"',
      '% interval',
      '= conversing.sending',
      '* session.roundStarted 1 "Hello 1"',
      '> socket.send "Hello 1"',
    ]);
  });

  test('rests after a reply that overtook its message', () => {
    const { snapshot } = play(serverSession, input, [received('Hello 0'), sent]);
    assert.equal(snapshot.value, { conversing: 'resting' });
  });

  test('does not rest after the last reply', () => {
    const told = [sent, received('Hello 0'), deadline('interval'), sent, received('Hello 1')];
    assert.is(lines(input, told).at(-1), '> socket.close 1000');
  });

  test('rejects a message that comes while it rests', () => {
    const told = [sent, received('Hello 0'), received('Hello 0')];
    assert.is(
      lines(input, told).at(-2),
      '! ERR_OUT_OF_TURN expected one reply a round, but "Hello 0" came before round 1 began: the peer must wait for a message before it answers',
    );
  });

  test('says that nothing was unwritten where the connection breaks while it rests', () => {
    const { fault } = output(input, [sent, received('Hello 0'), broken]);
    assert.equal([fault.code, fault.unwritten], ['ERR_TRANSPORT', false]);
  });

  test('stops while it rests', () => {
    const told = [sent, received('Hello 0'), stopRequested, closed(1001)];
    assert.is(output(input, told).outcome, 'stopped');
  });
});

suite('server session', (test) => {
  test('speaks first, once a round, and closes after the last', () => {
    assert.equal(
      lines({ rounds: 2 }, [sent, received('Hello 0'), sent, received('Hello 1'), closed()]),
      [
        ...FIRST_WORDS,
        '< socket.sent',
        '= conversing.awaitingReply',
        '< socket.received "Hello 0"',
        '= conversing.sending',
        '* session.echoed 0 "Hello 0"',
        '* session.roundStarted 1 "Hello 1"',
        '> socket.send "Hello 1"',
        '< socket.sent',
        '= conversing.awaitingReply',
        '< socket.received "Hello 1"',
        '= leaving.closing',
        '* session.echoed 1 "Hello 1"',
        '> socket.close 1000',
        '< socket.ended 1000',
        '= done',
        '* session.ended done after 2',
      ],
    );
  });

  test('holds the conversation of the book when it is told nothing', () => {
    const told = Array.from({ length: 10 }, (_, n) => [sent, received(`Hello ${n}`)]).flat();
    const { emitted, snapshot } = play(serverSession, undefined, [...told, endedWithoutClose]);
    assert.equal(
      emitted.flatMap((event) => (event.type === 'socket.send' ? [event.data] : [])),
      ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'].map((n) => `Hello ${n}`),
    );
    assert.equal(snapshot.output, {
      outcome: 'done',
      exchanges: 10,
      mismatches: 0,
      end: { closeFrame: false, code: 1006, reason: '', silence: 0 },
      fault: null,
    });
  });

  test('closes at once when there are no rounds', () => {
    assert.equal(lines({ rounds: 0 }, [closed()]), [
      '= leaving.closing',
      '* session.started',
      '> socket.close 1000',
      '< socket.ended 1000',
      '= done',
      '* session.ended done after 0',
    ]);
  });

  test('sends bytes when told to, and does not take text for their echo', () => {
    const hello = new TextEncoder().encode('Hello 0');
    assert.equal(lines({ rounds: 1, binary: true }, [sent, received('Hello 0'), closed()]), [
      '= conversing.sending',
      '* session.started',
      '* session.roundStarted 0 [7 bytes: 48 65 6c 6c 6f 20 30]',
      '> socket.send [7 bytes: 48 65 6c 6c 6f 20 30]',
      '< socket.sent',
      '= conversing.awaitingReply',
      '< socket.received "Hello 0"',
      '= leaving.closing',
      '* session.mismatched 0 "Hello 0" for [7 bytes: 48 65 6c 6c 6f 20 30]',
      '> socket.close 1000',
      '< socket.ended 1000',
      '= done',
      '* session.ended done after 1',
    ]);
    const { mismatches } = output({ rounds: 1, binary: true }, [sent, received(hello), closed()]);
    assert.is(mismatches, 0);
  });

  test('says any bytes, the same in every round', () => {
    const told = [sent, received(Uint8Array.of(0, 255)), closed()];
    const { mismatches } = output({ rounds: 1, message: { base64: 'AP8=' } }, told);
    assert.is(mismatches, 0);
  });

  test('takes a setting that is undefined for one that is left out', () => {
    assert.equal(lines({ rounds: undefined }, []), FIRST_WORDS);
  });

  test('waits as long as a timer can when told to wait for ever', () => {
    const [, actions] = initialTransition(serverSession, {
      replyTimeout: Number.POSITIVE_INFINITY,
    });
    const delays = actions.flatMap(({ params }) =>
      params && 'delay' in params ? [params.delay] : [],
    );
    assert.equal(delays, [2 ** 31 - 1]);
  });

  test('says a lone surrogate as U+FFFD, as it will be on the wire', () => {
    const told = [sent, received('\ufffd'), closed()];
    assert.is(output({ rounds: 1, message: '\ud800' }, told).mismatches, 0);
  });

  // ------------------------------------------------------------------- out of the usual order

  test('takes a reply that overtakes the write, and waits for the write alone', () => {
    assert.equal(lines({ rounds: 2 }, [received('Hello 0'), sent]), [
      ...FIRST_WORDS,
      '< socket.received "Hello 0"',
      '= conversing.replied',
      '* session.echoed 0 "Hello 0"',
      '< socket.sent',
      '= conversing.sending',
      '* session.roundStarted 1 "Hello 1"',
      '> socket.send "Hello 1"',
    ]);
  });

  test('does not wait for the write of the last message once its reply is in', () => {
    assert.equal(lines({ rounds: 1 }, [received('Hello 0'), sent, closed()]), [
      ...FIRST_WORDS,
      '< socket.received "Hello 0"',
      '= leaving.closing',
      '* session.echoed 0 "Hello 0"',
      '> socket.close 1000',
      '< socket.sent',
      '< socket.ended 1000',
      '= done',
      '* session.ended done after 1',
    ]);
  });

  test('rejects a second reply in one round', () => {
    assert.equal(lines({ rounds: 2 }, [received('Hello 0'), received('Hello 0')]).slice(-4), [
      '< socket.received "Hello 0"',
      '= leaving.rejecting',
      '! ERR_OUT_OF_TURN expected one reply a round, but "Hello 0" came before round 1 began: the peer must wait for a message before it answers',
      '> socket.close 1008 "ERR_OUT_OF_TURN"',
    ]);
  });

  test('rejects the news of a write that it did not order', () => {
    assert.equal(lines({}, [sent, sent]).slice(-4), [
      '< socket.sent',
      '= leaving.rejecting',
      '! ERR_MISUSE expected a fact that can happen in this state, but socket.sent came: mend the adapter',
      '> socket.close 1011 "ERR_MISUSE"',
    ]);
  });

  // --------------------------------------------------------------------------------- wrong echo

  for (const early of [[], [sent]]) {
    const when = early.length === 0 ? 'before' : 'after';

    test(`tells and counts a wrong echo that comes ${when} the write, and goes on`, () => {
      const { lines, snapshot } = play(serverSession, { rounds: 1 }, [
        ...early,
        received('Hallo'),
        closed(),
      ]);
      assert.equal(lines.slice(-6), [
        '= leaving.closing',
        '* session.mismatched 0 "Hallo" for "Hello 0"',
        '> socket.close 1000',
        '< socket.ended 1000',
        '= done',
        '* session.ended done after 1',
      ]);
      assert.is(snapshot.output.mismatches, 1);
    });

    test(`answers a wrong echo that comes ${when} the write with 1008 when strict`, () => {
      assert.equal(lines({ strict: true }, [...early, received('Hallo')]).slice(-5), MISFIT);
    });
  }

  // ----------------------------------------------------------------------------------- the ends

  const midway: [string, Step[], string][] = [
    ['sending', [], 'conversing.sending'],
    ['awaiting a reply', [sent], 'conversing.awaitingReply'],
    ['waiting for the write', [received('Hello 0')], 'conversing.replied'],
  ];

  for (const [doing, before, state] of midway) {
    const round = state === 'conversing.replied' ? 1 : 0;

    test(`answers an end of the stream while ${doing} with error`, () => {
      assert.equal(lines({}, [...before, closed(1001, 'bye')]).slice(-4), [
        '< socket.ended 1001 "bye"',
        '= error',
        `! ERR_ENDED_EARLY expected a reply in every round, but the stream ended in round ${round} (Close frame 1001 "bye"): see why the peer or the path closed it`,
        `* session.ended error after ${round}`,
      ]);
    });

    test(`answers a lost connection while ${doing} with error, and lets go of it`, () => {
      const { lines, snapshot } = play(serverSession, {}, [...before, broken]);
      assert.equal(lines.slice(-5), [
        '< socket.failed ERR_TRANSPORT',
        '= error',
        '! ERR_TRANSPORT expected the connection to last, but it broke: see the path',
        '> socket.terminate',
        `* session.ended error after ${round}`,
      ]);
      assert.equal(snapshot.output.fault, {
        blame: 'transport',
        code: 'ERR_TRANSPORT',
        expected: 'the connection to last',
        came: 'it broke',
        remedy: 'see the path',
        message: 'expected the connection to last, but it broke: see the path',
        fact: 'socket.failed',
        unwritten: state !== 'conversing.awaitingReply',
      });
    });

    test(`answers a broken rule while ${doing} with its close code, and waits for the end`, () => {
      assert.equal(lines({}, [...before, violated, broken]).slice(-8), [
        '< socket.failed ERR_TOO_BIG',
        '= leaving.rejecting',
        '! ERR_TOO_BIG expected a small message, but a large one came: send less',
        '> socket.close 1009 "ERR_TOO_BIG"',
        '< socket.failed ERR_TRANSPORT',
        '= error',
        '> socket.terminate',
        `* session.ended error after ${round}`,
      ]);
    });

    test(`stops while ${doing} with 1001, and ignores what is still on its way`, () => {
      const late = [stopRequested, stopRequested, sent, received('late'), closed(1001)];
      assert.equal(lines({}, [...before, ...late]).slice(-9), [
        '< app.stopRequested',
        '= leaving.stopping',
        '> socket.close 1001',
        '< app.stopRequested',
        '< socket.sent',
        '< socket.received "late"',
        '< socket.ended 1001',
        '= stopped',
        `* session.ended stopped after ${round}`,
      ]);
    });

    test(`rejects a peer that makes no progress within replyTimeout while ${doing}`, () => {
      const code = state === 'conversing.awaitingReply' ? 'ERR_REPLY_TIMEOUT' : 'ERR_SEND_TIMEOUT';
      const { lines, snapshot } = play(serverSession, { replyTimeout: 70 }, [
        ...before,
        deadline('replyTimeout'),
        closed(1008),
      ]);
      assert.is(lines.at(-4), `> socket.close 1008 "${code}"`);
      assert.is(lines.at(-1), `* session.ended error after ${round}`);
      assert.is(snapshot.output.fault.code, code);
      assert.is(snapshot.output.fault.blame, 'deadline');
      assert.match(snapshot.output.fault.message, 'within 70 ms');
    });
  }

  test('keeps the first fault while it rejects, whatever comes then', () => {
    const { lines, snapshot } = play(serverSession, {}, [
      violated,
      sent,
      received('x'),
      stopRequested,
      deadline('closeTimeout'),
    ]);
    assert.equal(lines.slice(-7), [
      '< socket.sent',
      '< socket.received "x"',
      '< app.stopRequested',
      '% closeTimeout',
      '= error',
      '> socket.terminate',
      '* session.ended error after 0',
    ]);
    assert.is(snapshot.output.fault.code, 'ERR_TOO_BIG');
  });

  const allReplies: Step[] = [sent, received('Hello 0')];

  test('is done when the peer breaks the connection after its last reply', () => {
    assert.equal(lines({ rounds: 1 }, [...allReplies, broken]).slice(-4), [
      '< socket.failed ERR_TRANSPORT',
      '= done',
      '> socket.terminate',
      '* session.ended done after 1',
    ]);
  });

  test('ignores what comes after the last reply', () => {
    const late = [received('more'), stopRequested, closed()];
    assert.equal(lines({ rounds: 1 }, [...allReplies, ...late]).slice(-5), [
      '< socket.received "more"',
      '< app.stopRequested',
      '< socket.ended 1000',
      '= done',
      '* session.ended done after 1',
    ]);
  });

  test('cuts a peer that does not leave within closeTimeout', () => {
    const told = [...allReplies, deadline('closeTimeout')];
    assert.equal(lines({ rounds: 1, closeTimeout: 50 }, told).slice(-5), [
      '% closeTimeout',
      '= error',
      '! ERR_CLOSE_TIMEOUT expected the peer to leave within 50 ms of the Close frame, but it did not and was cut off: see why it stays, or wait longer if it is only slow (closeTimeout)',
      '> socket.terminate',
      '* session.ended error after 1',
    ]);
    assert.equal(lines({}, [stopRequested, deadline('closeTimeout')]).slice(-5), [
      '% closeTimeout',
      '= error',
      '! ERR_CLOSE_TIMEOUT expected the peer to leave within 5000 ms of the Close frame, but it did not and was cut off: see why it stays, or wait longer if it is only slow (closeTimeout)',
      '> socket.terminate',
      '* session.ended error after 0',
    ]);
  });

  test('takes an end without a Close frame for an error when strict about it', () => {
    const input = { rounds: 1, strictClose: true };
    assert.equal(lines(input, [...allReplies, endedWithoutClose]).slice(-4), [
      '< socket.ended 1006',
      '= error',
      '! ERR_NO_CLOSE_FRAME expected a Close frame before the end of the stream, but none came: the stream ended: the path cut it, or the peer was killed or sends none (strictClose)',
      '* session.ended error after 1',
    ]);
    assert.is(output(input, [...allReplies, broken]).fault.code, 'ERR_TRANSPORT');
    assert.is(output(input, [...allReplies, closed()]).outcome, 'done');
  });

  test('takes it for an error when the client is one that sends Close frames', () => {
    const input = { rounds: 1, sendsCloseFrame: true };
    const told = [...allReplies, endedWithoutClose];
    assert.is(output(input, told).fault.code, 'ERR_NO_CLOSE_FRAME');
    assert.is(output({ ...input, strictClose: false }, told).outcome, 'done');
  });

  test('says that a stream that ended after a long silence may have met an idle timeout', () => {
    assert.is(
      output({}, [sent, { ...endedWithoutClose, silence: 60_012 }]).fault.message,
      'expected a reply in every round, but the stream ended in round 0 (no Close frame) after 60.0 s of silence: see why the peer or the path closed it; this looks like an idle timeout on the path',
    );
  });

  for (const [settings, words] of [
    [null, 'settings to be an object, but it is null'],
    [7, 'settings to be an object, but it is 7'],
    [['x'], 'settings to be an object, but it is a list'],
    [{ rounds: -1 }, 'rounds to be a whole number from 0 on, but it is -1'],
    [{ rounds: '10' }, 'rounds to be a whole number from 0 on, but it is "10"'],
    [{ message: 7 }, 'message to be text, or { base64 } with bytes in base64, but it is 7'],
    [
      { message: { base64: '%%%' } },
      'message to be text, or { base64 } with bytes in base64, but it is an object',
    ],
    [{ message: [] }, 'message to be text, or { base64 } with bytes in base64, but it is a list'],
    [{ message: null }, 'message to be text, or { base64 } with bytes in base64, but it is null'],
    [{ binary: () => true }, 'binary to be true or false, but it is a function'],
    [{ binary: 1 }, 'binary to be true or false, but it is 1'],
    [{ replyTimeout: Number.NaN }, 'replyTimeout to be a number of ms from 0 on, but it is NaN'],
    [{ closeTimeout: null }, 'closeTimeout to be a number of ms from 0 on, but it is null'],
  ] as [object, string][]) {
    test(`says nothing and closes with settings that are none: ${JSON.stringify(settings)}`, () => {
      assert.equal(lines(settings, [closed(1011)]), [
        '= leaving.rejecting',
        '* session.started',
        `! ERR_MISUSE expected ${words}: give such a value, or leave it out for the default`,
        '> socket.close 1011 "ERR_MISUSE"',
        '< socket.ended 1011',
        '= error',
        '* session.ended error after 0',
      ]);
    });
  }

  const throwing = new Proxy({}, { ownKeys: () => ['rounds'], get: () => fail('no\nway') });
  for (const [what, settings, words] of [
    [
      'a name that it does not know',
      { round: 1 },
      'settings by the names rounds, message, interval, binary, strict, strictClose, replyTimeout, closeTimeout, but one is called "round": mend the name, or leave it out',
    ],
    [
      'values that throw what is no error',
      new Proxy({}, { ownKeys: () => fail7() }),
      'settings that can be read, but reading them threw a value that is no error: give an object with plain values',
    ],
    [
      'values that cannot be read',
      throwing,
      'settings that can be read, but reading them threw "no\\x0away": give an object with plain values',
    ],
  ] as const) {
    test(`says nothing and closes with settings that have ${what}`, () => {
      assert.is(lines(settings, [])[2], `! ERR_MISUSE expected ${words}`);
    });
  }

  test('takes settings that are undefined for left out', () => {
    assert.equal(lines({ rounds: undefined, message: undefined }, []), lines({}, []));
  });

  test('is stopped however the peer then leaves', () => {
    assert.equal(lines({}, [stopRequested, broken]).slice(-4), [
      '< socket.failed ERR_TRANSPORT',
      '= stopped',
      '> socket.terminate',
      '* session.ended stopped after 0',
    ]);
  });
});

function fail(message: string): never {
  throw new Error(message);
}

function fail7(): never {
  throw 7;
}
