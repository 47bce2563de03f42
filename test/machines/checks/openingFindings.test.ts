/** The findings on an opening: who is to blame for one that fails, and what is not told. */
import * as assert from 'uvu/assert';
import { judgeGreeting, judgeOpening, unreachable } from '../../../machines/checks/index.js';
import type { Fault, OpeningOutput, Phases } from '../../../machines/index.js';
import { suite } from '../../support/suite.js';

const fault = (parts: Partial<Fault>): Fault => ({
  blame: 'remote',
  code: 'ERR_HANDSHAKE',
  expected: 'a',
  came: 'b',
  remedy: 'c',
  message: 'expected a, but b: c',
  fact: 'socket.failed',
  unwritten: false,
  ...parts,
});

const answered = (status: number): Phases => ({
  upgrade: { ms: 1, status, headers: {}, extensions: '' },
});

const told = (parts: Partial<Fault>, phases: Phases = {}): (string | null)[] => {
  const { code, blame } = unreachable(fault(parts), 'expected a, but b: c', phases);
  return [code, blame];
};

const OUTPUT: OpeningOutput = {
  outcome: 'opened',
  subprotocol: '',
  redirects: [],
  phases: answered(101),
  fault: null,
};

suite('opening that fails', (test) => {
  test('has a code for each status, and the blame that the status tells', () => {
    assert.equal(told({}, answered(401)), ['STATUS_401', 'this end']);
    assert.equal(told({}, answered(426)), ['STATUS_426', 'the path']);
    assert.equal(told({}, answered(502)), ['STATUS_502', 'the path']);
    assert.equal(told({}, answered(503)), ['STATUS_503', null]);
  });

  test('has the code of the fault where a 101 is wrong', () => {
    assert.equal(told({}, answered(101)), ['ERR_HANDSHAKE', null]);
  });

  test('has the finer code where the fault has one', () => {
    const tls = { blame: 'transport', code: 'ERR_TLS', detail: 'CERT_HAS_EXPIRED' } as const;
    assert.equal(told(tls), ['CERT_HAS_EXPIRED', 'the path']);
  });

  test('is told in a sentence', () => {
    assert.is(unreachable(null, 'the check was stopped', {}).message, 'The check was stopped.');
  });
});

suite('opening that succeeds', (test) => {
  test('is told with where redirects led', () => {
    const redirects = [{ status: 301, to: 'ws://b/', phases: {} }];
    const output = { ...OUTPUT, redirects };
    const [finding] = judgeOpening({ output, sent: {}, seen: null, farEnd: 'other' });
    assert.is(finding?.message, 'The connection opens in 1 ms. The URL leads to ws://b/.');
  });

  test('says what is not told where a far end of lockstep is silent', () => {
    const codesFor = (farEnd: 'ours' | 'other'): string[] =>
      judgeOpening({ output: OUTPUT, sent: {}, seen: null, farEnd }).map(({ code }) => code);
    assert.equal(codesFor('ours'), ['OPENED', 'REQUEST_NOT_TOLD']);
    assert.equal(codesFor('other'), ['OPENED']);
  });

  test('suspects the path where the far end greets as lockstep server does', () => {
    assert.equal(
      judgeGreeting('"Hello 0"').map(({ code, status }) => [code, status]),
      [['SUBPROTOCOL_LOST', 'note']],
    );
    assert.equal([...judgeGreeting('"Welcome"'), ...judgeGreeting(null)], []);
  });
});
