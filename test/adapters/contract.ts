/**
 * The contract of adapters: which facts an adapter owes for each command, and for each thing that
 * happens on the wire, in which order.
 *
 * Rule 1. An adapter comes with a harness, `AdapterUnderTest`. The suite's peers are raw TCP sockets,
 *         and its session is a `ScriptedSession`: no machine takes part.
 * Rule 2. Every test compares the whole list of facts, from the opening to the end. After the end it
 *         emits three more commands and cuts the connection. No fact may follow.
 * Rule 3. An adapter whose platform lacks a capability declares that, with the reason. Then the
 *         contract says which facts it owes instead: no test is skipped.
 */
import { mock } from 'node:test';
import * as assert from 'uvu/assert';
import {
  type AdapterUnderTest,
  type Connection,
  connect,
  MAX_PAYLOAD,
  openingFacts,
  type Role,
} from '../support/adapterUnderTest.js';
import { holdingServer } from '../support/rawPeer.js';
import { ScriptedSession } from '../support/scriptedSession.js';
import { suite, type Test, type TestContext } from '../support/suite.js';
import {
  brokenRules,
  close,
  commands,
  dials,
  ends,
  heldWrites,
  leave,
  messages,
  type Scenario,
  type Scenarios,
  scenariosOfAccepting,
  send,
  TERMINATE,
  UNOPENED,
} from './contractScenarios.js';

/** Emits every command once more on a connection that has ended, and lets the adapter see it go. */
async function afterEnd({ session, peer }: Connection): Promise<void> {
  for (const command of [send('late'), close(1000), TERMINATE]) session.command(command);
  peer.socket.destroy();
  for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
}

/** Runs one scenario and compares the whole list of facts. */
async function play(
  role: Role,
  adapter: AdapterUnderTest,
  scenario: Scenario,
  context: TestContext,
): Promise<void> {
  const { needs, facts, otherwise = facts, act } = scenario;
  const isLacking = needs !== undefined && adapter.lacks[needs] !== undefined;
  const owed = [...openingFacts(role, adapter), ...(isLacking ? otherwise : facts)];
  const connection = await connect(role, adapter, context, scenario);
  await act(connection);
  await connection.session.has(owed.length);
  assert.equal(connection.session.facts, owed);
  await afterEnd(connection);
  assert.equal(connection.session.facts, owed, 'a fact came after the end');
}

/** The title of a test; `lack` is the reason why the platform lacks the capability, if it does. */
function titleOf(verb: string, name: string, lack: string | undefined): string {
  return `${verb} ${name}${lack === undefined ? '' : `, as far as it can: ${lack}`}`;
}

function playAll(
  test: Test,
  role: Role,
  adapter: AdapterUnderTest,
  verb: string,
  all: Scenarios,
): void {
  for (const [name, scenario] of Object.entries(all)) {
    const lack = scenario.needs && adapter.lacks[scenario.needs];
    test(titleOf(verb, name, lack), (context) => play(role, adapter, scenario, context));
  }
}

function contractOf(test: Test, role: Role, adapter: AdapterUnderTest): void {
  playAll(test, role, adapter, 'answers', commands);
  playAll(test, role, adapter, 'tells', messages);
  playAll(test, role, adapter, 'tells', ends);
  playAll(test, role, adapter, 'tells', brokenRules);
  playAll(test, role, adapter, 'tells', heldWrites);

  test('tells for how long no message had gone either way', async (context) => {
    const now = mock.method(performance, 'now');
    context.after(() => mock.restoreAll());
    const { session, peer } = await connect(role, adapter, context);
    const opened = session.facts.length;
    now.mock.mockImplementation(() => 5_000);
    peer.send('one');
    await session.has(opened + 1);
    now.mock.mockImplementation(() => 65_250);
    leave(peer);
    await session.ended();
    assert.is(session.silence, 60_250);
  });
}

/** The facts without the stages, for an adapter whose platform does not report them. */
function reportable(facts: readonly string[], { lacks }: AdapterUnderTest): string[] {
  if (lacks.reportsStages === undefined) return [...facts];
  return facts.filter((fact) => !fact.startsWith('socket.attempted'));
}

function contractOfDialling(test: Test, adapter: AdapterUnderTest): void {
  const dial = (
    url: string,
    context: TestContext,
    subprotocols: string[] = [],
  ): ScriptedSession => {
    const session = new ScriptedSession();
    adapter.dial?.(session, url, { maxPayload: MAX_PAYLOAD, subprotocols }, context);
    return session;
  };

  for (const [name, { act, subprotocols, facts, needs, otherwise }] of Object.entries(dials)) {
    const lack = adapter.lacks[needs];
    test(titleOf('tells', name, lack), async (context) => {
      const server = await holdingServer(context);
      const session = dial(server.url, context, subprotocols);
      act(await server.connection);
      await session.ended();
      const owed = lack === undefined ? facts : otherwise;
      assert.equal(session.facts, reportable(owed, adapter));
    });
  }

  test('tells a port on which nobody listens', async (context) => {
    const session = dial('ws://127.0.0.1:1/', context);
    await session.ended();
    const tried = 'socket.attempted tcp 127.0.0.1:PORT';
    const owed = [tried, `${tried} (ECONNREFUSED)`, UNOPENED];
    assert.equal(session.facts, reportable(owed, adapter));
  });

  test('answers socket.terminate before the connection is open', async (context) => {
    const server = await holdingServer(context);
    const session = dial(server.url, context);
    await server.connection;
    session.giveUp();
    await session.ended();
    assert.is(session.facts.at(-1)?.startsWith('socket.failed'), true);
  });

  test('throws nothing at a URL that is not for WebSockets', async (context) => {
    const session = dial('ws://localhost/#part', context);
    await session.ended();
    assert.equal(session.facts, ['socket.failed local ERR_MISUSE']);
  });
}

/** Registers the contract for an adapter: one suite for each role. */
export function adapterContract(adapter: AdapterUnderTest): void {
  suite(`${adapter.name} adapter that accepted a connection`, (test) => {
    if (adapter.lacks.accepts !== undefined) {
      test(`is none: ${adapter.lacks.accepts}`, () => assert.is(adapter.accept, undefined));
      return;
    }
    contractOf(test, 'accepted', adapter);
    playAll(test, 'accepted', adapter, 'answers', scenariosOfAccepting);
  });
  suite(`${adapter.name} adapter that dials`, (test) => {
    if (adapter.lacks.dials !== undefined) {
      test(`is none: ${adapter.lacks.dials}`, () => assert.is(adapter.dial, undefined));
      return;
    }
    contractOf(test, 'dialled', adapter);
    contractOfDialling(test, adapter);
  });
}
