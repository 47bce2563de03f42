import * as assert from 'uvu/assert';
import { Stepper } from '../../explore/stepper.js';
import { clientSession } from '../../machines/index.js';
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

const lines = (input: object, steps: Step[]) => linesOf(clientSession, input, steps);
const output = (input: object, steps: Step[]) => play(clientSession, input, steps).snapshot.output;

const STARTED = ['= conversing.awaitingMessage', '* session.started'];

suite('client session', (test) => {
  test('returns every message, and takes the end of the stream for the end', () => {
    const told = [received('a'), sent, received('b'), sent, closed()];
    assert.equal(lines({}, told), [
      ...STARTED,
      '< socket.received "a"',
      '= conversing.replying',
      '* session.received 0 "a"',
      '> socket.send "a"',
      '< socket.sent',
      '= conversing.awaitingMessage',
      '* session.returned 0',
      '< socket.received "b"',
      '= conversing.replying',
      '* session.received 1 "b"',
      '> socket.send "b"',
      '< socket.sent',
      '= conversing.awaitingMessage',
      '* session.returned 1',
      '< socket.ended 1000',
      '= done',
      '* session.ended done after 2',
    ]);
  });

  test('returns bytes as bytes', () => {
    const data = Uint8Array.of(0, 255);
    const { emitted } = play(clientSession, {}, [received(data)]);
    assert.equal(emitted.at(-1), { type: 'socket.send', data });
  });

  test('takes an end without a Close frame for graceful, as the book does', () => {
    assert.equal(output({}, [endedWithoutClose]), {
      outcome: 'done',
      exchanges: 0,
      mismatches: 0,
      end: { closeFrame: false, code: 1006, reason: '', silence: 0 },
      fault: null,
    });
  });

  for (const [doing, before] of [
    ['awaiting a message', []],
    ['conversing.replying', [received('a')]],
  ] as [string, Step[]][]) {
    test(`takes it for an error while ${doing} when strict about it`, () => {
      const input = { strictClose: true };
      const told = [...before, endedWithoutClose];
      assert.is(output(input, told).fault.code, 'ERR_NO_CLOSE_FRAME');
      assert.is(output(input, [...before, closed()]).outcome, 'done');
    });

    test(`takes it for an error while ${doing} when the server is one that sends Close frames`, () => {
      const told = [...before, endedWithoutClose];
      const input = { sendsCloseFrame: true };
      assert.is(output(input, told).fault.code, 'ERR_NO_CLOSE_FRAME');
      assert.is(output({ ...input, strictClose: false }, told).outcome, 'done');
    });

    test(`answers a lost connection while ${doing} with error, and lets go of it`, () => {
      assert.equal(lines({}, [...before, broken]).slice(-5), [
        '< socket.failed ERR_TRANSPORT',
        '= error',
        '! ERR_TRANSPORT expected the connection to last, but it broke: see the path',
        '> socket.terminate',
        '* session.ended error after 0',
      ]);
    });

    test(`answers a broken rule while ${doing} with its close code, and waits for the end`, () => {
      assert.equal(lines({}, [...before, violated, endedWithoutClose]).slice(-7), [
        '< socket.failed ERR_TOO_BIG',
        '= leaving.rejecting',
        '! ERR_TOO_BIG expected a small message, but a large one came: send less',
        '> socket.close 1009 "ERR_TOO_BIG"',
        '< socket.ended 1006',
        '= error',
        '* session.ended error after 0',
      ]);
    });

    test(`stops while ${doing} with 1001, and ignores what is still on its way`, () => {
      const late = [sent, received('x'), stopRequested, closed(1001)];
      assert.equal(lines({}, [...before, stopRequested, ...late]).slice(-9), [
        '< app.stopRequested',
        '= leaving.stopping',
        '> socket.close 1001',
        '< socket.sent',
        '< socket.received "x"',
        '< app.stopRequested',
        '< socket.ended 1001',
        '= stopped',
        '* session.ended stopped after 0',
      ]);
    });
  }

  test('says that a stream that ended after a long silence may have met an idle timeout', () => {
    const { fault } = output({ sendsCloseFrame: true }, [{ ...endedWithoutClose, silence: 1_040 }]);
    assert.is(
      fault.message,
      'expected a Close frame before the end of the stream, but none came: the stream ended after 1.0 s of silence: the path cut it, or the peer was killed or sends none; this looks like an idle timeout on the path (strictClose)',
    );
  });

  test('takes as many messages as it expects', () => {
    assert.is(output({ expect: 1 }, [received('a'), sent, closed()]).outcome, 'done');
  });

  test('takes fewer messages than it expects for an error', () => {
    assert.equal(lines({ expect: 3 }, [received('a'), endedWithoutClose]).slice(-4), [
      '< socket.ended 1006',
      '= error',
      '! ERR_TOO_FEW_MESSAGES expected 3 messages, but 1 came, and the stream ended (no Close frame): see why the peer or the path closed it (expect)',
      '* session.ended error after 0',
    ]);
  });

  for (const [doing, before] of [
    ['awaiting a message', [received('a'), sent]],
    ['conversing.replying', [received('a')]],
  ] as [string, Step[]][]) {
    test(`rejects a message more than it expects while ${doing}`, () => {
      assert.equal(lines({ expect: 1 }, [...before, received('b')]).slice(-5), [
        '< socket.received "b"',
        '= leaving.rejecting',
        '* session.received 1 "b"',
        '! ERR_TOO_MANY_MESSAGES expected 1 message, but another came, "b": see whether the peer is set to say more, or the path doubles messages (expect)',
        '> socket.close 1008 "ERR_TOO_MANY_MESSAGES"',
      ]);
    });
  }

  for (const [settings, words] of [
    [null, 'settings to be an object, but it is null'],
    [{ replyTimeout: -1 }, 'replyTimeout to be a number of ms from 0 on, but it is -1'],
    [{ closeTimeout: Number.NaN }, 'closeTimeout to be a number of ms from 0 on, but it is NaN'],
    [{ strictClose: 'yes' }, 'strictClose to be true, false or \'auto\', but it is "yes"'],
    [{ expect: 1.5 }, 'expect to be a whole number from 0 on, or null, but it is 1.5'],
  ] as [object, string][]) {
    test(`rejects its peer with settings that are none: ${JSON.stringify(settings)}`, () => {
      assert.equal(lines(settings, []), [
        '= leaving.rejecting',
        '* session.started',
        `! ERR_MISUSE expected ${words}: give such a value, or leave it out for the default`,
        '> socket.close 1011 "ERR_MISUSE"',
      ]);
    });
  }

  test('rejects a silent server after replyTimeout', () => {
    assert.equal(lines({ replyTimeout: 40 }, [deadline('replyTimeout')]).slice(-4), [
      '% replyTimeout',
      '= leaving.rejecting',
      '! ERR_MESSAGE_TIMEOUT expected message 0 or the end of the stream within 40 ms, but nothing came: if the peer waits to be spoken to, speak first; if not, see what holds it up (speak)',
      '> socket.close 1008 "ERR_MESSAGE_TIMEOUT"',
    ]);
  });

  test('rejects a server that falls silent, and does not take it for one that waits', () => {
    const told = [received('a'), sent, deadline('replyTimeout')];
    assert.is(
      lines({ replyTimeout: 40 }, told).at(-2),
      '! ERR_MESSAGE_TIMEOUT expected message 1 or the end of the stream within 40 ms, but neither came: see what holds it up, or wait longer (replyTimeout)',
    );
  });

  test('rejects a server that does not take its reply within replyTimeout', () => {
    const told = [received('a'), deadline('replyTimeout'), closed(1008)];
    assert.is(output({}, told).fault.code, 'ERR_SEND_TIMEOUT');
  });

  // ------------------------------------------------------------------- out of the usual order

  test('returns a message that overtakes the write of the reply before it', () => {
    assert.equal(lines({}, [received('a'), received('b'), sent, sent, closed()]), [
      ...STARTED,
      '< socket.received "a"',
      '= conversing.replying',
      '* session.received 0 "a"',
      '> socket.send "a"',
      '< socket.received "b"',
      '* session.received 1 "b"',
      '> socket.send "b"',
      '< socket.sent',
      '* session.returned 0',
      '< socket.sent',
      '= conversing.awaitingMessage',
      '* session.returned 1',
      '< socket.ended 1000',
      '= done',
      '* session.ended done after 2',
    ]);
  });

  test('waits replyTimeout anew for each of several replies to be written', () => {
    const stepper = new Stepper(clientSession, {});
    const facts = [received('a'), received('b'), sent];
    const last = facts.reduce((at, fact) => stepper.step(at, fact), stepper.initial);
    assert.equal([last.path, last.armed], ['conversing.replying', ['replyTimeout']]);
  });

  test('is done when the end of the stream overtakes the write of its reply', () => {
    assert.equal(lines({}, [received('a'), closed()]).slice(-3), [
      '< socket.ended 1000',
      '= done',
      '* session.ended done after 0',
    ]);
  });

  test('rejects the news of a write that it did not order', () => {
    assert.equal(lines({}, [sent]).slice(-4), [
      '< socket.sent',
      '= leaving.rejecting',
      '! ERR_MISUSE expected a fact that can happen in this state, but socket.sent came: mend the adapter',
      '> socket.close 1011 "ERR_MISUSE"',
    ]);
  });

  test('keeps the first fault while it rejects, whatever comes then', () => {
    const late = [sent, received('x'), stopRequested, deadline('closeTimeout')];
    const { lines, snapshot } = play(clientSession, {}, [violated, ...late]);
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
    assert.is(output({}, [violated, broken]).fault.code, 'ERR_TOO_BIG');
  });

  test('cuts a server that does not leave within closeTimeout of a stop', () => {
    const told = [stopRequested, deadline('closeTimeout')];
    assert.is(output({}, told).fault.code, 'ERR_CLOSE_TIMEOUT');
    assert.is(lines({}, told).at(-2), '> socket.terminate');
    assert.is(output({}, [stopRequested, broken]).outcome, 'stopped');
  });
});
