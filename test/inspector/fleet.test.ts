/** The fleet after records, the log and the history of records, and the sequence of a conversation. */
import * as assert from 'uvu/assert';
import { createActor, SimulatedClock } from 'xstate';
import { KEPT_ENDED } from '../../inspector/bounds.js';
import { Fleet } from '../../inspector/fleet.js';
import { HISTORY_RECORDS, History } from '../../inspector/history.js';
import { Log } from '../../inspector/log.js';
import type { InspectorRecord } from '../../inspector/records.js';
import { type ConversationEnd, sequenceRows } from '../../inspector/sequence.js';
import { isProblem, type SessionView } from '../../inspector/sessionView.js';
import { clientSession, serverSession } from '../../machines/index.js';
import { broken, received, sent, stopRequested } from '../support/facts.js';
import { converse, recordsOf } from '../support/inspection.js';
import { player } from '../support/machines.js';
import { suite } from '../support/suite.js';

function fleetOf(records: InspectorRecord[]): Fleet {
  const fleet = new Fleet();
  for (const record of records) fleet.apply(record);
  return fleet;
}

function only(fleet: Fleet, name: string): SessionView {
  const [view, ...more] = [...fleet.sessions.values()].filter((one) => one.name === name);
  if (view === undefined || more.length > 0) throw new Error(`expected one session ${name}`);
  return view;
}

/** One end of a conversation, with all its records. */
function endOf(log: Log, name: string): ConversationEnd {
  const view = only(log.head, name);
  const chart = log.head.machines.get(view.machine)?.chart;
  return { view, chart, entries: log.entries(view.key, Number.POSITIVE_INFINITY) };
}

/** Records whose times are their numbers, in ms. */
function timed(records: InspectorRecord[]): InspectorRecord[] {
  return records.map((record) => ({ ...record, ts: record.seq }));
}

suite('fleet of sessions', (test) => {
  test('has the state of a session, its counts and its last fact', () => {
    const fleet = fleetOf(timed(recordsOf((inspect) => converse(inspect, 2))));
    const { state, status, rounds, sent: ours, received: theirs, hits } = only(fleet, 'server-1');
    assert.equal([state, status, rounds, ours, theirs], ['done', 'done', 2, 2, 2]);
    assert.equal(hits, {
      'server.conversing.betweenRounds//0': 2,
      'server.conversing.sending/socket.sent/0': 2,
      'server.conversing.awaitingReply/socket.received/0': 2,
      'server.conversing.betweenRounds//3': 1,
      'server.leaving.closing/socket.ended/0': 1,
    });
    const { trips, peerCode, ownCode, fault, last } = only(fleet, 'server-1');
    assert.equal([trips.count, peerCode, ownCode, fault], [2, 1000, 1000, null]);
    assert.is(last?.type, 'socket.ended');
  });

  test('counts ignored facts by state and type, and takes a fault for a problem', () => {
    const records = recordsOf((inspect) => {
      const clock = new SimulatedClock();
      const server = createActor(serverSession, { id: 's', inspect, clock }).start();
      server.send(stopRequested);
      server.send(sent);
      server.send(received('late'));
      server.send(received('later'));
      clock.increment(5_000);
    });
    const before = only(fleetOf(records.slice(0, -3)), 's');
    const view = only(fleetOf(records), 's');
    assert.equal(view.ignored, {
      'leaving.stopping socket.sent': 1,
      'leaving.stopping socket.received': 2,
    });
    assert.match(view.fault ?? '', /^ERR_CLOSE_TIMEOUT expected the peer to leave/);
    assert.equal([isProblem(before), isProblem(view)], [false, true]);
  });

  test('has the deadlines that are set, with the times at which they pass', () => {
    const records = timed(
      recordsOf((inspect) => {
        const clock = new SimulatedClock();
        createActor(serverSession, { id: 's', inspect, clock }).start().send(sent);
      }),
    );
    const stepped = records.at(-2)?.ts ?? 0;
    assert.equal(only(fleetOf(records.slice(0, -1)), 's').deadlines, {
      replyTimeout: stepped + 30_000,
    });
  });

  test('takes the open sessions of an ended process for lost', () => {
    const records = recordsOf((inspect) => {
      createActor(serverSession, { id: 's', inspect, clock: new SimulatedClock() }).start();
    });
    assert.equal(
      [only(fleetOf(records), 's').status, fleetOf(records).runs.get('run')?.status],
      ['lost', 'ended'],
    );
  });

  test('forgets the first of very many ended sessions', () => {
    const records = recordsOf((inspect) => {
      for (let n = 0; n < KEPT_ENDED; n++) converse(inspect);
      createActor(serverSession, { id: 's', inspect, clock: new SimulatedClock() }).start();
    });
    const fleet = fleetOf(records.slice(0, -1));
    assert.is(fleet.sessions.size, KEPT_ENDED + 1);
    assert.is(only(fleet, 's').state, 'conversing.sending');
  });

  const step = (more: object): InspectorRecord => ({
    seq: 3,
    ts: 0,
    run: 'run',
    kind: 'step',
    session: 's',
    fact: { type: 'go' },
    taken: [],
    emitted: [],
    armed: [],
    cancelled: [],
    state: 'a',
    status: 'active',
    context: {},
    ...more,
  });
  const run: InspectorRecord = { seq: 1, ts: 0, run: 'run', kind: 'run', name: 'n', pid: 1 };
  const session = (name: string): InspectorRecord => ({
    seq: 2,
    ts: 0,
    run: 'run',
    kind: 'session',
    session: name,
    name,
    machine: 'm',
  });

  test('ignores records of unknown sessions and runs', () => {
    const connected = { seq: 2, ts: 0, run: 'x', session: 's', local: '', remote: '' };
    const records = [step({}), { ...connected, kind: 'connected' as const }];
    const lost = { seq: 4, ts: 0, run: 'x', kind: 'lost' as const };
    assert.equal(fleetOf([...records, lost]).state(), { runs: [], machines: [], sessions: [] });
  });

  test('forgets an ended process without sessions, or with forgotten ones', () => {
    const ended: InspectorRecord = { seq: 3, ts: 0, run: 'run', kind: 'ended' };
    assert.is(fleetOf([run, ended]).runs.size, 0);
    const own = Array.from({ length: 2 }, (_, n) => session(`s${n}`));
    const later = Array.from({ length: KEPT_ENDED }, (_, n) => [
      { ...session(`t${n}`), run: 'later' },
      step({ session: `t${n}`, run: 'later', status: 'done' }),
    ]).flat() as InspectorRecord[];
    const fleet = fleetOf([run, ...own, ended, ...later.slice(0, -2)]);
    assert.equal([fleet.runs.size, fleet.sessions.size], [1, KEPT_ENDED]);
    for (const record of later.slice(-2)) fleet.apply(record);
    assert.equal([fleet.runs.size, fleet.sessions.size], [0, KEPT_ENDED]);
  });

  test('counts unhandled facts, and tells at most fifty kinds apart', () => {
    const many = Array.from({ length: 60 }, (_, n) => step({ fact: { type: `go${n % 55}` } }));
    const view = only(fleetOf([run, session('s'), step({}), ...many]), 's');
    assert.is(view.unhandled, 61);
    assert.is(isProblem(view), true);
    assert.is(Object.keys(view.ignored).length, 51);
    assert.is(view.ignored['… others'], 6);
  });

  test('says why a machine failed, or at least that it failed', () => {
    const failed = (context: object) =>
      only(fleetOf([run, session('s'), step({ status: 'error', context })]), 's').fault;
    assert.is(failed({ error: 'Error: no more' }), 'Error: no more');
    assert.is(failed({}), 'the machine failed');
  });

  test('has the start of a fault that was cut', () => {
    const faulted = (fault: unknown) => {
      const emitted = [{ type: 'session.faulted', fault }];
      return only(fleetOf([run, session('s'), step({ emitted })]), 's').fault;
    };
    const message = { text: 'expected', length: 900 };
    assert.is(faulted({ code: 'ERR_X', message }), 'ERR_X expected…');
    assert.is(faulted(undefined), ' ');
  });

  test('drops a deadline that has passed', () => {
    const armed = [{ name: 'soon', ms: 5 }];
    const records = [
      run,
      session('s'),
      step({ armed }),
      step({ fact: { type: 'xstate.after.soon.m.a' } }),
    ];
    assert.equal(only(fleetOf(records.slice(0, -1)), 's').deadlines, { soon: 5 });
    assert.equal(only(fleetOf(records), 's').deadlines, {});
  });

  test('is the same when it is read from its JSON', () => {
    const records = recordsOf((inspect) => converse(inspect, 3));
    const half = fleetOf(records.slice(0, 12));
    const copy = Fleet.from(JSON.parse(JSON.stringify(half.state())));
    for (const record of records.slice(12)) copy.apply(record);
    assert.equal(copy.state(), fleetOf(records).state());
  });
});

suite('log of records', (test) => {
  const records = recordsOf((inspect) => {
    for (let n = 0; n < 300; n++) converse(inspect);
  });

  test('finds the fleet at any position again, in any order', () => {
    const log = new Log(Number.POSITIVE_INFINITY);
    for (const record of records) log.add(record);
    const positions = [records.length, 5, 2_500, 2_499, 2_600, 0, 1_000, 999, records.length - 1];
    for (const position of positions) {
      assert.equal(log.at(position).state(), fleetOf(records.slice(0, position)).state());
    }
  });

  test('drops the oldest records, and has the right fleet at those it keeps', () => {
    const log = new Log(1_000);
    for (const record of records) log.add(record);
    const [first, last] = log.range;
    assert.equal([last, last - first <= 1_000], [records.length, true]);
    for (const position of [first, first + 100, last - 1, last]) {
      assert.equal(log.at(position).state(), fleetOf(records.slice(0, position)).state());
    }
    assert.equal(log.at(0).state(), fleetOf(records.slice(0, first)).state());
  });

  test('drops the oldest records by their size too, and has the right fleet', () => {
    const log = new Log(1_000_000);
    for (const record of records) log.add(record, 64 * 1_024);
    const [first, last] = log.range;
    assert.equal([last, last - first <= 1_024, last - first > 512], [records.length, true, true]);
    assert.equal(log.at(first).state(), fleetOf(records.slice(0, first)).state());
    const [key = ''] = [...log.head.sessions.keys()].slice(-1);
    assert.is(log.entries(key, last).length > 0, true);
  });

  test('finds the fleet of a very long recording again', () => {
    const log = new Log(Number.POSITIVE_INFINITY);
    const [run, machine, session, first] = records as [InspectorRecord, ...InspectorRecord[]];
    for (const record of [run, machine, session]) if (record) log.add(record);
    for (let n = 0; n < 120_000; n++) if (first) log.add(first);
    const [key = ''] = log.head.sessions.keys();
    for (const position of [119_999, 3, 60_000, 101_003]) {
      assert.is(log.at(position).sessions.get(key)?.steps, position - 3);
    }
  });

  test('continues from its last position, unless that was dropped', () => {
    const log = new Log(1_000);
    for (const record of records.slice(0, 900)) log.add(record);
    log.at(10);
    for (const record of records.slice(900, 1_200)) log.add(record);
    const [first] = log.range;
    assert.is(first > 10, true);
    assert.equal(log.at(first + 1).state(), fleetOf(records.slice(0, first + 1)).state());
  });

  test('has the records of a timeline up to a position', () => {
    const log = new Log(Number.POSITIVE_INFINITY);
    for (const record of records.slice(0, 12)) log.add(record);
    const [key = ''] = log.head.sessions.keys();
    const seqs = log.entries(key, 8).map(({ record }) => record.seq);
    assert.equal(seqs, [3, 4, 8]);
  });

  test('keeps at most 400 records of a session for its timeline', () => {
    const log = new Log(1_000);
    const busy = recordsOf((inspect) => converse(inspect, 400));
    for (const record of busy) log.add(record);
    for (const key of log.head.sessions.keys()) {
      assert.is(log.entries(key, Number.POSITIVE_INFINITY).length <= 400, true);
    }
    assert.equal(log.recordBefore(busy.length), busy.at(-1));
    assert.equal(log.entries('run/unknown', 1), []);
  });

  test('forgets the timelines of forgotten sessions', () => {
    const log = new Log(1_000);
    const many = recordsOf((inspect) => {
      for (let n = 0; n < KEPT_ENDED; n++) converse(inspect);
    });
    for (const record of many) log.add(record);
    const [first] = many.flatMap((record) => (record.kind === 'session' ? [record] : []));
    assert.equal(log.entries(`run/${first?.session}`, Number.POSITIVE_INFINITY), []);
  });

  test('shares the room for timelines among very many sessions', () => {
    const log = new Log(1_000);
    const one = recordsOf((inspect) => converse(inspect, 40));
    let entered = 0;
    for (let n = 0; n < 500; n++) {
      for (const record of one) {
        if (record.kind !== 'run' && record.kind !== 'ended') {
          log.add('session' in record ? { ...record, session: `${record.session}.${n}` } : record);
          entered += 'session' in record ? 1 : 0;
        }
      }
    }
    const kept = [...log.head.sessions.keys()]
      .map((key) => log.entries(key, Number.POSITIVE_INFINITY).length)
      .reduce((sum, count) => sum + count, 0);
    assert.is(kept <= 60_000 && kept > 20_000 && entered > 60_000, true, `${kept} of ${entered}`);
  });

  test('puts earlier records into the timelines, once and in order', () => {
    const log = new Log(1_000);
    const early = records.slice(0, 8);
    log.reset(fleetOf(early).state());
    log.add(records[8] as InspectorRecord);
    for (const record of early) log.addHistory(record);
    for (const record of early) log.addHistory(record);
    const kept = [...log.head.sessions.keys()].flatMap((key) => log.entries(key, 1));
    const expected = records.slice(0, 9).filter((record) => 'session' in record);
    assert.equal(
      kept.map(({ record }) => record.seq).sort((a, b) => a - b),
      expected.map(({ seq }) => seq),
    );
  });
});

suite('history for viewers', (test) => {
  test('keeps the last records of each session', () => {
    const history = new History();
    for (let n = 0; n < 1_000; n++) history.add('a', `${n}`);
    const lines = [...history.lines()];
    assert.is(lines.length <= HISTORY_RECORDS, true);
    assert.is(lines.at(-1), '999');
  });

  test('stays below its limit, and counts the characters that it keeps', () => {
    const history = new History(10_000);
    history.add('quiet', 'q'.repeat(100));
    for (let n = 0; n < 500; n++) {
      history.add(`busy ${n % 3}`, 'b'.repeat(100));
      assert.is(history.size <= 10_000, true);
    }
    assert.is([...history.lines()].join('').length, history.size);
    history.drop('busy 0');
    history.drop('busy 1');
    history.drop('busy 2');
    history.drop('quiet');
    assert.is(history.size, 0);
  });

  test('drops the older half of each session in turn, of a busy one as of a quiet one', () => {
    const history = new History(1_000);
    for (let n = 0; n < 8; n++) history.add('quiet', `q${n}`.padEnd(10));
    for (let n = 0; n < 100; n++) history.add('busy', `b${n}`.padEnd(10));
    const kept = [...history.lines()].map((line) => line.trim());
    const quiet = kept.filter((line) => line.startsWith('q'));
    assert.equal(quiet, ['q4', 'q5', 'q6', 'q7']);
    assert.equal([kept.at(-1), kept.length < 60], ['b99', true]);
  });
});

suite('nested machine in the inspector', (test) => {
  const log = new Log(Number.POSITIVE_INFINITY);
  const records = recordsOf((inspect) => {
    const clock = new SimulatedClock();
    const actor = createActor(player, { id: 'p', inspect, clock }).start();
    actor.send({ type: 'key.a' });
    actor.send({ type: 'power.on' });
    clock.increment(250);
    actor.send({ type: 'power.cut' });
    actor.send({ type: 'power.on.last' });
    actor.send({ type: 'play' });
    actor.stop();
  });
  for (const record of timed(records)) log.add(record);
  const view = only(log.head, 'p');

  test('has whole paths of states, with the leaves of all regions', () => {
    const states = log.entries(view.key, Number.POSITIVE_INFINITY).flatMap(({ record }) => {
      return record.kind === 'step' ? [record.state] : [];
    });
    assert.equal(
      [...new Set(states)],
      ['off', 'loading', 'on.deck.paused, on.volume.loud', 'on.deck.over, on.volume.loud'],
    );
    assert.is(view.state, 'on.deck.over, on.volume.loud');
    assert.equal(view.ignored, { 'off key.a': 1 });
  });

  test('has the states to which facts lead in its sequence, and its deadlines by their delays', () => {
    const rows = sequenceRows(endOf(log, 'p'), undefined);
    assert.equal(
      rows.map(({ kind, event, state }) => [kind, event.type, state ?? 'stays']),
      [
        ['fact', 'xstate.init', 'off'],
        ['fact', 'key.a', 'stays'],
        ['fact', 'power.on', 'loading'],
        ['armed', '250', 'stays'],
        ['armed', 'patience', 'stays'],
        ['deadline', 'xstate.after.250.player.loading', 'stays'],
        ['fact', 'power.cut', 'off'],
        ['fact', 'power.on.last', 'on.deck.paused, on.volume.loud'],
        ['fact', 'play', 'on.deck.over, on.volume.loud'],
        ['fact', 'xstate.stop', 'stays'],
      ],
    );
  });

  test('waits for the deadlines of its active states alone', () => {
    const deadlines: string[][] = [];
    const fleet = new Fleet();
    for (const record of timed(records)) {
      fleet.apply(record);
      if (record.kind === 'step') deadlines.push(Object.keys(only(fleet, 'p').deadlines));
    }
    const [made, ignored, loading, passed, cut] = deadlines;
    assert.equal(
      [made, ignored, loading, passed, cut],
      [[], [], ['250', 'patience'], ['patience'], []],
    );
  });
});

suite('sequence of a conversation', (test) => {
  test('has each message once on the wire, with its transit time and round trip', () => {
    const log = new Log(Number.POSITIVE_INFINITY);
    for (const record of timed(recordsOf((inspect) => converse(inspect, 1)))) log.add(record);
    const rows = sequenceRows(endOf(log, 'server-1'), endOf(log, 'client'));
    const shown = rows
      .filter(({ kind }) => kind === 'fact' || kind === 'command')
      .map(({ side, event, wire, transit, trip, state, guard }) =>
        [side, event.type, wire, transit, trip, state, guard].filter((one) => one !== undefined),
      );
    assert.equal(shown, [
      ['left', 'xstate.init', 'conversing.sending', 'isDue'],
      ['left', 'socket.send', 'sends'],
      ['right', 'xstate.init', 'conversing.awaitingMessage'],
      ['left', 'socket.sent', 'conversing.awaitingReply'],
      ['right', 'socket.received', 'receives', 5, 'conversing.replying', 'isExpected'],
      ['right', 'socket.send', 'sends'],
      ['right', 'socket.sent', 'conversing.awaitingMessage', 'isLastUnwritten'],
      ['left', 'socket.received', 'receives', 2, 7, 'leaving.closing', 'isEcho'],
      ['left', 'socket.close'],
      ['right', 'socket.ended', 'done', 'isGraceful'],
      ['left', 'socket.ended', 'done', 'isGraceful'],
    ]);
  });

  test('has deadlines that passed, and facts of one end after the other has ended', () => {
    const log = new Log(Number.POSITIVE_INFINITY);
    const told = recordsOf((inspect) => {
      const clock = new SimulatedClock();
      const client = createActor(clientSession, { id: 'client', inspect, clock }).start();
      client.send(broken);
      const server = createActor(serverSession, { id: 's', inspect, clock }).start();
      server.send(sent);
      clock.increment(30_000);
    });
    for (const record of timed(told)) log.add(record);
    const shown = sequenceRows(endOf(log, 'client'), endOf(log, 's')).filter(
      ({ kind }) => kind === 'deadline',
    );
    assert.equal(
      shown.map(({ side, event }) => [side, event.type]),
      [['right', 'xstate.after.replyTimeout.server.conversing.awaitingReply']],
    );
  });

  test('marks ignored facts', () => {
    const log = new Log(Number.POSITIVE_INFINITY);
    const records = recordsOf((inspect) => {
      const clock = new SimulatedClock();
      const server = createActor(serverSession, { id: 's', inspect, clock }).start();
      server.send(stopRequested);
      server.send(received('late'));
    });
    for (const record of records) log.add(record);
    const rows = sequenceRows(endOf(log, 's'), undefined);
    assert.is(
      rows.every(({ transit }) => transit === undefined),
      true,
    );
    assert.equal(
      rows.filter(({ isIgnored }) => isIgnored).map(({ event }) => event.type),
      ['socket.received'],
    );
  });
});
