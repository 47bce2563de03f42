/** The quick parts of the proof, and what the proof itself rests on. `npm run proof` runs all of it. */
import * as assert from 'uvu/assert';
import { type AnyStateMachine, createMachine } from 'xstate';
import { mutantsOf } from '../../explore/mutants.js';
import { clientSession, serverSession } from '../../machines/index.js';
import { readProjectFile } from '../support/docs.js';
import { suite } from '../support/suite.js';
import { checkSubjects } from './checkSubjects.js';
import { pairLivePart } from './pairLive.js';
import {
  BOOK,
  brokenRule,
  declaredFixtures,
  pairOf,
  pairPart,
  pairShortfall,
  replay,
  twoColumns,
} from './pairOutcomes.js';
import { pathsPart } from './paths.js';
import { exploreSubject, subjects } from './subjects.js';
import { tablePart } from './totalTable.js';
import { coveragePart } from './transitionCoverage.js';

const own = subjects.map((subject) => [subject, exploreSubject(subject)] as const);
const ofChecks = checkSubjects.map((subject) => [subject, exploreSubject(subject)] as const);
const all = new Map([...own, ...ofChecks]);

suite('proof', (test) => {
  test('of the tables: every state takes every fact as written down', () => {
    assert.equal(tablePart(all).shortfalls, []);
  });

  test('of the pure paths: all of them say what the tables say', () => {
    assert.equal(pathsPart(new Map(own)).shortfalls, []);
  }, 60_000);

  test('of the coverage: the pure paths take everything that can be taken', () => {
    assert.equal(coveragePart(all, new Map()).shortfalls, []);
  });

  test('of the pair: whatever the network does, both ends end as declared', () => {
    assert.equal(pairPart().shortfalls, []);
  }, 60_000);

  test('of the pair over sockets: every declared pair of outcomes comes there too', async () => {
    assert.equal((await pairLivePart(declaredFixtures())).shortfalls, []);
  }, 60_000);
});

suite('pair of the proof', (test) => {
  test('notices a pair that hangs, and shows the run in two columns', () => {
    const deaf = [...mutantsOf(serverSession)].find(
      ({ name }) => name === 'conversing.sending: socket.received: drop',
    );
    assert.ok(deaf);
    const pair = pairOf(BOOK, 1, 0, { server: deaf.machine });
    const broken = pair.explore().filter((node) => brokenRule(node, BOOK, 1) !== undefined);
    assert.is(broken.length > 0, true);
    const actions = ['connect', 'deliver dialler', 'deliver dialler'];
    assert.equal(
      twoColumns(pairOf(BOOK, 1, 0), actions).map((line) => line.trimEnd().replace(/-{3,}$/, '')),
      [
        '-- connect ',
        '= conversing.sending',
        '* session.started',
        '* session.roundStarted 0 "Hello 0"',
        '> socket.send "Hello 0"',
        '-- deliver dialler ',
        `${' '.repeat(56)}< socket.opened`,
        `${' '.repeat(56)}= opened`,
        `${' '.repeat(56)}* opening.ended opened`,
        `${' '.repeat(56)}> socket.handOver`,
        `${' '.repeat(56)}= conversing.awaitingMessage`,
        `${' '.repeat(56)}* session.started`,
        '-- deliver dialler ',
        `${' '.repeat(56)}< socket.received "Hello 0"`,
        `${' '.repeat(56)}= conversing.replying`,
        `${' '.repeat(56)}* session.received 0 "Hello 0"`,
        `${' '.repeat(56)}> socket.send "Hello 0"`,
      ],
    );
  });

  test('notices machines without deadlines, which a silent network would hang', () => {
    const withoutDeadlines = (machine: AnyStateMachine): AnyStateMachine => {
      const config = JSON.stringify(machine.config, (key, value) =>
        key === 'after' ? undefined : value,
      );
      const { context, output } = machine.config;
      const whole = { ...JSON.parse(config), context, output };
      return createMachine(whole, machine.implementations as never);
    };
    const machines = {
      server: withoutDeadlines(serverSession),
      client: withoutDeadlines(clientSession),
    };
    assert.match(
      String(pairShortfall(pairOf(BOOK, 1, 1, machines), BOOK, 1)),
      'nothing can happen any more',
    );
    assert.is(pairShortfall(pairOf(BOOK, 1, 1), BOOK, 1), undefined);
  });

  test('refuses a run that cannot be', () => {
    try {
      replay(pairOf(BOOK, 1, 0), ['deliver listener']);
      assert.unreachable();
    } catch (error) {
      assert.match(
        (error as Error).message,
        '"deliver listener" cannot happen here; these can: connect',
      );
    }
  });

  test('rests on the XState whose insides it reads', () => {
    const { version } = JSON.parse(readProjectFile('node_modules/xstate/package.json'));
    assert.match(version, /^5\.33\./);
    assert.match(JSON.parse(readProjectFile('package.json')).dependencies.xstate, /^~5\.33\./);
  });
});
