/** The messages to Stately's inspector, as its own receiver takes them. */
import { createBrowserReceiver, type StatelyInspectionEvent } from '@statelyai/inspect';
import * as assert from 'uvu/assert';
import { createActor, createMachine, SimulatedClock } from 'xstate';
import { Fleet } from '../../inspector/fleet.js';
import { keyOf } from '../../inspector/sessionView.js';
import { actorMessage, type StatelyMessage, stepMessages } from '../../inspector/stately.js';
import { clientSession, serverSession } from '../../machines/index.js';
import { converse, recordsOf } from '../support/inspection.js';
import { suite } from '../support/suite.js';

/** The messages of a run, sent as the page sends them. */
function messagesOf(act: Parameters<typeof recordsOf>[0]): StatelyMessage[] {
  const fleet = new Fleet();
  return recordsOf(act).flatMap((record) => {
    fleet.apply(record);
    if (record.kind !== 'session' && record.kind !== 'step') return [];
    const view = fleet.sessions.get(keyOf(record));
    if (view === undefined) throw new Error('expected the session to be known');
    if (record.kind === 'step') return stepMessages(record, view);
    const machine = fleet.machines.get(view.machine);
    if (machine === undefined) throw new Error('expected the machine to be known');
    return [actorMessage(view, machine)];
  });
}

/** Gives messages to Stately's receiver, in a stand-in for a window. */
function receive(messages: StatelyMessage[]): {
  received: StatelyInspectionEvent[];
  said: unknown[];
} {
  const said: unknown[] = [];
  const target = Object.assign(new EventTarget(), {
    opener: { postMessage: (data: unknown) => said.push(data) },
  });
  const page = Object.assign(target, { self: target, top: target });
  const received: StatelyInspectionEvent[] = [];
  createBrowserReceiver({ window: page as never }).subscribe((event) => {
    received.push(event);
  });
  for (const data of messages) page.dispatchEvent(new MessageEvent('message', { data }));
  return { received, said };
}

suite("messages to Stately's inspector", (test) => {
  test('have the status stopped for a session whose process is gone', () => {
    const fleet = new Fleet();
    const records = recordsOf((inspect) => {
      createActor(serverSession, { inspect, clock: new SimulatedClock() }).start();
    });
    for (const record of records) fleet.apply(record);
    const [view] = fleet.sessions.values();
    const [machine] = fleet.machines.values();
    if (view === undefined || machine === undefined) throw new Error('expected a session');
    const message = actorMessage(view, machine);
    assert.is(message.type === '@xstate.actor' && message.snapshot.status, 'stopped');
  });

  test('are received whole by the receiver of its own package', () => {
    const messages = messagesOf((inspect) => converse(inspect));
    const { received, said } = receive(structuredClone(messages));
    assert.equal(said, [{ type: '@statelyai.connected' }]);
    assert.equal(received, messages);
    const count = (type: string) => received.filter((one) => one.type === type).length;
    assert.equal(['@xstate.actor', '@xstate.event', '@xstate.snapshot'].map(count), [2, 8, 8]);
  });

  test('introduce a session with its machine, in the order of its source', () => {
    const [actor] = messagesOf((inspect) => converse(inspect)).filter(
      (one) => one.type === '@xstate.actor' && one.name === 'client',
    );
    if (actor?.type !== '@xstate.actor') throw new Error('expected the client');
    const { states } = JSON.parse(actor.definition) as { states: object };
    assert.equal(Object.keys(states), Object.keys(clientSession.states));
    assert.match(actor.sessionId, /^run\/x:\d+$/);
  });

  test('have the state value of XState, nested or parallel', () => {
    const machine = createMachine({
      id: 'm',
      type: 'parallel',
      states: {
        x: { initial: 'a', states: { a: { initial: 'b', states: { b: {} } } } },
        y: { initial: 'c', states: { c: {} } },
      },
    });
    const regions = createMachine({ id: 'r', type: 'parallel', states: { a: {}, b: {} } });
    const lastOf = (messages: StatelyMessage[]) => messages.at(-1);
    const other = lastOf(messagesOf((inspect) => void createActor(regions, { inspect }).start()));
    assert.equal(other?.type === '@xstate.snapshot' && other.snapshot.value, { a: {}, b: {} });
    const actor = createActor(machine);
    const last = messagesOf((inspect) => void createActor(machine, { inspect }).start()).at(-1);
    if (last?.type !== '@xstate.snapshot') throw new Error('expected a snapshot');
    assert.equal(last.snapshot.value, actor.getSnapshot().value);
    assert.is(last.snapshot.status, 'active');
  });
});
