/** The fleet under hostile records: all that it keeps has a count and a size, and takes any key. */
import * as assert from 'uvu/assert';
import { isIgnored } from '../../chart/model.js';
import {
  CONTEXT_CHARS,
  KEPT_DEADLINES,
  KEPT_HITS,
  KEPT_IGNORED,
  KEPT_MACHINE_CHARS,
  KEPT_MACHINES,
  KEPT_OPEN,
  KEPT_SESSION_CHARS,
} from '../../inspector/bounds.js';
import { Fleet } from '../../inspector/fleet.js';
import type { Json } from '../../inspector/preview.js';
import type { InspectorRecord } from '../../inspector/records.js';
import { clientSession } from '../../machines/index.js';
import { machineRecord } from '../support/inspection.js';
import { suite } from '../support/suite.js';

const BASE = { seq: 1, ts: 0, run: 'run' };
const RUN: InspectorRecord = { ...BASE, kind: 'run', name: 'n', pid: 1 };

function session(name: string, machine = 'm'): InspectorRecord {
  return { ...BASE, kind: 'session', session: name, name, machine };
}

function step(more: object, name = 's'): InspectorRecord {
  const lists = { taken: [], emitted: [], armed: [], cancelled: [] };
  const head = { ...BASE, kind: 'step', session: name, state: 'a', status: 'active' } as const;
  return { ...head, ...lists, fact: { type: 'go' }, context: {}, ...more };
}

function machine(name: string, chars = 0): InspectorRecord {
  const record = machineRecord(clientSession, 2);
  return { ...record, machine: name, definition: 'x'.repeat(chars) } as InspectorRecord;
}

function fleetOf(records: Iterable<InspectorRecord>): Fleet {
  const fleet = new Fleet();
  for (const record of records) fleet.apply(record);
  return fleet;
}

/** The fleet's one session after steps of one kind. */
function viewAfter(count: number, more: (n: number) => object) {
  const steps = Array.from({ length: count }, (_, n) => step(more(n)));
  const [view] = fleetOf([RUN, session('s'), ...steps]).sessions.values();
  assert.ok(view);
  return view;
}

const FULL_OF_MACHINES = {
  expected: 'room for a machine',
  came: 'too many are in use',
  remedy: 'inspect fewer',
};

suite('bounds of the fleet', (test) => {
  test('forget the first machines without a session, by count and by size', () => {
    const many = Array.from({ length: KEPT_MACHINES + 2 }, (_, n) => machine(`m${n}`));
    const fleet = fleetOf([RUN, many[0] as InspectorRecord, session('s', 'm0'), ...many]);
    assert.is(fleet.machines.size, KEPT_MACHINES);
    assert.equal([...fleet.machines.keys()].slice(0, 2), ['m0', 'm3']);
    const large = Array.from({ length: 50 }, (_, n) => machine(`l${n}`, 500_000));
    const kept = fleetOf([RUN, ...large]).machines;
    assert.is(JSON.stringify([...kept.values()]).length < KEPT_MACHINE_CHARS * 1.01, true);
    assert.is([...kept.keys()].at(-1), 'l49');
  });

  test('refuse a machine in one sentence where all are in use', () => {
    const used = Array.from({ length: KEPT_MACHINES }, (_, n) => [
      machine(`m${n}`),
      session(`s${n}`, `m${n}`),
    ]).flat();
    const fleet = fleetOf([RUN, ...used]);
    assert.is(fleet.refusalOf(machine('m0')), undefined);
    assert.equal(fleet.refusalOf(machine('more')), FULL_OF_MACHINES);
    fleet.apply(machine('more'));
    assert.is(fleet.machines.has('more'), false);
    fleet.apply(step({ status: 'done' }, 's3'));
    fleet.apply(machine('more'));
    assert.equal([fleet.machines.has('more'), fleet.machines.has('m3')], [true, false]);
    const few = fleetOf([RUN, machine('m', KEPT_MACHINE_CHARS - 500_000), session('s')]);
    assert.equal(few.refusalOf(machine('more', 500_000)), FULL_OF_MACHINES);
  });

  test('refuse a session where too many run, until one ends', () => {
    const open = Array.from({ length: KEPT_OPEN }, (_, n) => session(`s${n}`));
    const fleet = fleetOf([RUN, ...open]);
    const more = session('more');
    assert.equal(fleet.refusalOf(more), {
      expected: 'room for a session',
      came: 'too many run',
      remedy: 'end some, or inspect fewer',
    });
    fleet.apply(more);
    assert.is(fleet.sessions.size, KEPT_OPEN);
    fleet.apply(step({ status: 'done' }, 's0'));
    assert.is(fleet.refusalOf(more), undefined);
  });

  test('hold for the size of all sessions: those that are over go first', () => {
    const context = { text: 'x'.repeat(CONTEXT_CHARS - 100) };
    const count = Math.ceil((1.2 * KEPT_SESSION_CHARS) / CONTEXT_CHARS);
    const names = Array.from({ length: count }, (_, n) => `s${n}`);
    const fleet = new Fleet();
    const forgotten: string[] = [];
    for (const [n, name] of names.entries()) {
      fleet.apply(session(name));
      forgotten.push(...fleet.apply(step({ context, status: n < 3 ? 'done' : 'active' }, name)));
    }
    assert.equal(forgotten, ['run/s0', 'run/s1', 'run/s2']);
    assert.is(JSON.stringify(fleet.state()).length < 1.02 * KEPT_SESSION_CHARS, true);
    const last = fleet.sessions.get('run/s100');
    assert.is(last?.context['text'], context.text);
    assert.match(fleet.refusalOf(session('more'))?.came ?? '', 'too many run');
    const fault = { code: 'ERR_X', message: 'x'.repeat(3_000) };
    fleet.apply(step({ emitted: [{ type: 'session.faulted', fault }] }, 's100'));
    const crowded = fleet.sessions.get('run/s100');
    assert.equal([crowded?.context, crowded?.fault?.length], [{ '…': '…' }, 200]);
    assert.equal(Fleet.from(fleet.state()).state(), fleet.state());
  });

  test('hold for everything in a session that has keys from outside', () => {
    const armed = (n: number) => ({ armed: [{ name: `d${n}`, ms: 1 }] });
    assert.is(Object.keys(viewAfter(200, armed).deadlines).length, KEPT_DEADLINES);
    const taken = (n: number) => ({ taken: [`t${2 * n}`, `t${2 * n + 1}`] });
    const { hits } = viewAfter(KEPT_HITS, taken);
    assert.equal([Object.keys(hits).length, hits['… others']], [KEPT_HITS + 1, KEPT_HITS]);
    const { ignored } = viewAfter(200, (n) => ({ state: `s${n}` }));
    assert.is(Object.keys(ignored).length, KEPT_IGNORED + 1);
    const wide = (n: number) => ({ context: { [`k${n}`]: 'x'.repeat(1_000) } });
    const { context } = viewAfter(200, wide);
    assert.is(JSON.stringify(context).length <= CONTEXT_CHARS, true);
    assert.equal([context['…'], typeof context['k199']], ['…', 'string']);
    const huge = viewAfter(1, () => ({ context: { huge: 'x'.repeat(CONTEXT_CHARS) } }));
    assert.equal(huge.context, { '…': '…' });
  });

  test('count the addresses of a session, and its names', () => {
    const long = 'x'.repeat(1_000);
    const ends = { ...BASE, kind: 'connected', session: long, local: long, remote: long } as const;
    const [view] = fleetOf([RUN, session(long), ends]).sessions.values();
    assert.is(view && view.chars >= JSON.stringify(view).length, true);
    // So they are trimmed or forgotten like all else.
    const names = Array.from({ length: KEPT_OPEN }, (_, n) => `${n}`.padEnd(1_000));
    const fleet = fleetOf([
      RUN,
      ...names.flatMap((name): InspectorRecord[] => [session(name), { ...ends, session: name }]),
    ]);
    assert.match(fleet.refusalOf(session('more'))?.came ?? '', 'too many run');
    assert.is(fleet.sessions.size < KEPT_OPEN, true);
    assert.is(JSON.stringify(fleet.state()).length < 1.02 * KEPT_SESSION_CHARS, true);
  });

  test('keep nothing for machines that are not known', () => {
    const fleet = fleetOf([
      RUN,
      session('s'),
      step({ taken: ['client.leaving.closing/socket.sent/0'] }),
    ]);
    fleet.apply(machine('m'));
    const transitions = fleet.machines.get('m')?.chart.transitions ?? [];
    fleet.apply(step({ taken: [transitions.find(isIgnored)?.id] }));
    assert.equal(fleet.sessions.get('run/s')?.ignored, { 'a go': 1 });
  });

  test('take keys that every object has', () => {
    for (const key of ['__proto__', 'constructor', 'toString']) {
      const own: { [key: string]: Json } = JSON.parse(`{"${key}":{"a":1}}`);
      const view = viewAfter(2, () => ({
        context: own,
        taken: [key],
        armed: [{ name: key, ms: 5 }],
        fact: JSON.parse(`{"type":"${key}","${key === 'type' ? 'x' : key}":1}`),
      }));
      const copy = JSON.parse(JSON.stringify(view));
      assert.equal(Object.entries(copy.context), [[key, { a: 1 }]]);
      assert.equal(Object.entries(copy.hits), [[key, 2]]);
      assert.equal(Object.entries(copy.deadlines), [[key, 5]]);
      assert.equal(Object.entries(copy.last), [
        ['type', key],
        [key, 1],
      ]);
      const gone = fleetOf([
        RUN,
        session('s'),
        step({ armed: [{ name: key, ms: 5 }] }),
        step({ cancelled: [key] }),
      ]);
      assert.equal(Object.keys(gone.sessions.get('run/s')?.deadlines ?? {}), []);
    }
  });
});
