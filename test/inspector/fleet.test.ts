/** The fleet after records, at any moment of them, and the sequence of a conversation. */
import * as assert from 'uvu/assert';
import { createActor, SimulatedClock } from 'xstate';
import { KEPT_ENDED } from '../../inspector/bounds.js';
import { Fleet } from '../../inspector/fleet.js';
import { HISTORY_RECORDS, History } from '../../inspector/history.js';
import { Log } from '../../inspector/log.js';
import type { InspectorRecord } from '../../inspector/records.js';
import { sequenceRows } from '../../inspector/sequence.js';
import { isProblem, type SessionView } from '../../inspector/sessionView.js';
import { clientSession, serverSession } from '../../machines/index.js';
import { received, sent, stopRequested } from '../support/facts.js';
import { converse, recordsOf } from '../support/inspection.js';
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

/** Records whose times are their numbers, in ms. */
function timed(records: InspectorRecord[]): InspectorRecord[] {
  return records.map((record) => ({ ...record, ts: record.seq }));
}

suite('inspection: the fleet', (test) => {
  test('says where a session stands and how it got there', () => {
    const fleet = fleetOf(timed(recordsOf((inspect) => converse(inspect, 2))));
    const { state, status, rounds, sent: ours, received: theirs, hits } = only(fleet, 'server-1');
    assert.equal([state, status, rounds, ours, theirs], ['done', 'done', 2, 2, 2]);
    assert.equal(hits, {
      'server.betweenRounds//0': 2,
      'server.sending/socket.sent/0': 2,
      'server.awaitingReply/socket.received/0': 2,
      'server.betweenRounds//2': 1,
      'server.closing/socket.ended/0': 1,
    });
    const { trips, peerCode, ownCode, fault, last } = only(fleet, 'server-1');
    assert.equal([trips.count, peerCode, ownCode, fault], [2, 1000, 1000, null]);
    assert.is(last?.type, 'socket.ended');
  });

  test('counts what was ignored, by state and fact, and sees the problem in a fault', () => {
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
    assert.equal(view.ignored, { 'stopping socket.sent': 1, 'stopping socket.received': 2 });
    assert.match(view.fault ?? '', /^ERR_CLOSE_TIMEOUT expected the peer to leave/);
    assert.equal([isProblem(before), isProblem(view)], [false, true]);
  });

  test('holds the deadlines that are set, with the time at which they pass', () => {
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

  test('takes the sessions of a process that is gone for lost', () => {
    const records = recordsOf((inspect) => {
      createActor(serverSession, { id: 's', inspect, clock: new SimulatedClock() }).start();
    });
    assert.equal(
      [only(fleetOf(records), 's').status, fleetOf(records).runs.get('run')?.status],
      ['lost', 'ended'],
    );
  });

  test('forgets the first of very many sessions that are over', () => {
    const records = recordsOf((inspect) => {
      for (let n = 0; n < KEPT_ENDED; n++) converse(inspect);
      createActor(serverSession, { id: 's', inspect, clock: new SimulatedClock() }).start();
    });
    const fleet = fleetOf(records.slice(0, -1));
    assert.is(fleet.sessions.size, KEPT_ENDED + 1);
    assert.is(only(fleet, 's').state, 'sending');
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

  test('takes no notice of what it does not know', () => {
    const connected = { seq: 2, ts: 0, run: 'x', session: 's', local: '', remote: '' };
    const records = [step({}), { ...connected, kind: 'connected' as const }];
    const lost = { seq: 4, ts: 0, run: 'x', kind: 'lost' as const };
    assert.equal(fleetOf([...records, lost]).state(), { runs: [], machines: [], sessions: [] });
  });

  test('forgets a process that ended without a session, or whose sessions are forgotten', () => {
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

  test('knows facts that nothing was there for, and does not tell more than fifty kinds apart', () => {
    const many = Array.from({ length: 60 }, (_, n) => step({ fact: { type: `go${n % 55}` } }));
    const view = only(fleetOf([run, session('s'), step({}), ...many]), 's');
    assert.is(view.unhandled, 61);
    assert.is(isProblem(view), true);
    assert.is(Object.keys(view.ignored).length, 51);
    assert.is(view.ignored['… others'], 6);
  });

  test('says why a machine failed, or at least that it did', () => {
    const failed = (context: object) =>
      only(fleetOf([run, session('s'), step({ status: 'error', context })]), 's').fault;
    assert.is(failed({ error: 'Error: no more' }), 'Error: no more');
    assert.is(failed({}), 'the machine failed');
  });

  test('says what is there of a fault that was cut', () => {
    const faulted = (fault: unknown) => {
      const emitted = [{ type: 'session.faulted', fault }];
      return only(fleetOf([run, session('s'), step({ emitted })]), 's').fault;
    };
    const message = { text: 'expected', length: 900 };
    assert.is(faulted({ code: 'ERR_X', message }), 'ERR_X expected…');
    assert.is(faulted(undefined), ' ');
  });

  test('no longer waits for a deadline that has passed', () => {
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

  test('is the same when it is made from its JSON', () => {
    const records = recordsOf((inspect) => converse(inspect, 3));
    const half = fleetOf(records.slice(0, 12));
    const copy = Fleet.from(JSON.parse(JSON.stringify(half.state())));
    for (const record of records.slice(12)) copy.apply(record);
    assert.equal(copy.state(), fleetOf(records).state());
  });
});

suite('inspection: the log', (test) => {
  const records = recordsOf((inspect) => {
    for (let n = 0; n < 300; n++) converse(inspect);
  });

  test('finds the fleet at any position again, in whatever order it is asked', () => {
    const log = new Log(Number.POSITIVE_INFINITY);
    for (const record of records) log.add(record);
    const positions = [records.length, 5, 2_500, 2_499, 2_600, 0, 1_000, 999, records.length - 1];
    for (const position of positions) {
      assert.equal(log.at(position).state(), fleetOf(records.slice(0, position)).state());
    }
  });

  test('lets the oldest records go, and still has the right fleet at those it keeps', () => {
    const log = new Log(1_000);
    for (const record of records) log.add(record);
    const [first, last] = log.range;
    assert.equal([last, last - first <= 1_000], [records.length, true]);
    for (const position of [first, first + 100, last - 1, last]) {
      assert.equal(log.at(position).state(), fleetOf(records.slice(0, position)).state());
    }
    assert.equal(log.at(0).state(), fleetOf(records.slice(0, first)).state());
  });

  test('lets the oldest records go by their size too, and still has the right fleet', () => {
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

  test('goes on from where it was, unless that was let go', () => {
    const log = new Log(1_000);
    for (const record of records.slice(0, 900)) log.add(record);
    log.at(10);
    for (const record of records.slice(900, 1_200)) log.add(record);
    const [first] = log.range;
    assert.is(first > 10, true);
    assert.equal(log.at(first + 1).state(), fleetOf(records.slice(0, first + 1)).state());
  });

  test('has in a timeline only what was up to a position', () => {
    const log = new Log(Number.POSITIVE_INFINITY);
    for (const record of records.slice(0, 12)) log.add(record);
    const [key = ''] = log.head.sessions.keys();
    const seqs = log.entries(key, 8).map(({ record }) => record.seq);
    assert.equal(seqs, [3, 4]);
  });

  test('keeps no more of a session, or of all together, than timelines need', () => {
    const log = new Log(1_000);
    const busy = recordsOf((inspect) => converse(inspect, 400));
    for (const record of busy) log.add(record);
    for (const key of log.head.sessions.keys()) {
      assert.is(log.entries(key, Number.POSITIVE_INFINITY).length <= 400, true);
    }
    assert.equal(log.recordBefore(busy.length), busy.at(-1));
    assert.equal(log.entries('run/unknown', 1), []);
  });

  test('forgets the timelines of sessions that are forgotten', () => {
    const log = new Log(1_000);
    const many = recordsOf((inspect) => {
      for (let n = 0; n < KEPT_ENDED; n++) converse(inspect);
    });
    for (const record of many) log.add(record);
    const [first] = many.flatMap((record) => (record.kind === 'session' ? [record] : []));
    assert.equal(log.entries(`run/${first?.session}`, Number.POSITIVE_INFINITY), []);
  });

  test('shares out the room for timelines when very many sessions are there', () => {
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

  test('puts what was before it into the timelines, once and in order', () => {
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

suite('inspection: the history', (test) => {
  test('keeps the last records of each session', () => {
    const history = new History();
    for (let n = 0; n < 1_000; n++) history.add('a', `${n}`);
    const lines = [...history.lines()];
    assert.is(lines.length <= HISTORY_RECORDS, true);
    assert.is(lines.at(-1), '999');
  });

  test('stays below its limit, and takes from a busy session before it takes all of a quiet one', () => {
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
});

suite('inspection: the timeline', (test) => {
  test('has each message once on the wire, with how long it took and the round trip', () => {
    const log = new Log(Number.POSITIVE_INFINITY);
    for (const record of timed(recordsOf((inspect) => converse(inspect, 1)))) log.add(record);
    const end = (name: string) => {
      const view = only(log.head, name);
      const chart = log.head.machines.get(view.machine)?.chart;
      return { view, chart, entries: log.entries(view.key, Number.POSITIVE_INFINITY) };
    };
    const rows = sequenceRows(end('server-1'), end('client'));
    const shown = rows
      .filter(({ kind }) => kind === 'fact' || kind === 'command')
      .map(({ side, event, wire, transit, trip, state, guard }) =>
        [side, event.type, wire, transit, trip, state, guard].filter((one) => one !== undefined),
      );
    assert.equal(shown, [
      ['left', 'xstate.init', 'sending', 'hasMoreRounds'],
      ['left', 'socket.send', 'sends'],
      ['right', 'xstate.init', 'connecting'],
      ['right', 'socket.opened', 'awaitingMessage'],
      ['left', 'socket.sent', 'awaitingReply'],
      ['right', 'socket.received', 'receives', 6, 'replying'],
      ['right', 'socket.send', 'sends'],
      ['right', 'socket.sent', 'awaitingMessage', 'isLastUnwritten'],
      ['left', 'socket.received', 'receives', 2, 8, 'closing', 'isEcho'],
      ['left', 'socket.close'],
      ['right', 'socket.ended', 'done', 'isGraceful'],
      ['left', 'socket.ended', 'done', 'isGraceful'],
    ]);
  });

  test('has deadlines that passed, and what one end did after the other was over', () => {
    const log = new Log(Number.POSITIVE_INFINITY);
    const told = recordsOf((inspect) => {
      const clock = new SimulatedClock();
      const client = createActor(clientSession, { id: 'client', inspect, clock }).start();
      client.send(stopRequested);
      const server = createActor(serverSession, { id: 's', inspect, clock }).start();
      server.send(sent);
      clock.increment(30_000);
    });
    for (const record of timed(told)) log.add(record);
    const end = (name: string) => {
      const view = only(log.head, name);
      const chart = log.head.machines.get(view.machine)?.chart;
      return { view, chart, entries: log.entries(view.key, Number.POSITIVE_INFINITY) };
    };
    const shown = sequenceRows(end('client'), end('s')).filter(({ kind }) => kind === 'deadline');
    assert.equal(
      shown.map(({ side, event }) => [side, event.type]),
      [['right', 'xstate.after.replyTimeout.server.awaitingReply']],
    );
  });

  test('marks what was ignored', () => {
    const log = new Log(Number.POSITIVE_INFINITY);
    const records = recordsOf((inspect) => {
      const clock = new SimulatedClock();
      const server = createActor(serverSession, { id: 's', inspect, clock }).start();
      server.send(stopRequested);
      server.send(received('late'));
    });
    for (const record of records) log.add(record);
    const view = only(log.head, 's');
    const chart = log.head.machines.get(view.machine)?.chart;
    const rows = sequenceRows({ view, chart, entries: log.entries(view.key, 1_000) }, undefined);
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
