/** The cells of the table of products. */
import * as assert from 'uvu/assert';
import type { Finding } from '../../machines/checks/index.js';
import type { CheckResult } from '../../runners/runCheck.js';
import { suite } from '../support/suite.js';
import { cellOf, codesIn } from './tableCells.js';

const resultOf = (...findings: Partial<Finding>[]): CheckResult => ({
  url: '',
  farEnd: 'ours',
  verdict: 'ok',
  findings: findings.map((parts) => ({
    experiment: 'order',
    status: 'ok',
    blame: null,
    code: 'ORDER_OK',
    message: '',
    facts: {},
    ...parts,
  })),
});

suite('cell of the table', (test) => {
  test('says ok where nothing else is found, and has a dash where nothing is', () => {
    assert.is(cellOf('order', resultOf({})), 'ok');
    assert.is(cellOf('close', resultOf({})), '–');
  });

  test('has the codes of other findings, each once', () => {
    const lost = { status: 'problem', code: 'MESSAGE_LOST' } as const;
    assert.is(cellOf('order', resultOf({}, lost, lost)), '`MESSAGE_LOST`');
  });

  test('names the headers that the path changes', () => {
    const facts = { added: { via: '1', 'x-real-ip': '2' }, lost: {}, changed: { host: '3' } };
    const result = resultOf({ status: 'note', code: 'REQUEST_CHANGED', facts });
    assert.is(cellOf('order', result), '`REQUEST_CHANGED`: added via x-real-ip; changed host');
  });

  test('tells how silence is cut and what keeps the connection, in a figure that is stable', () => {
    const facts = { cutAfterMs: 1_037.2, cutBy: 'fin', keptAliveBy: ['pings from this end'] };
    const result = resultOf({ status: 'problem', code: 'IDLE_CUT_BY_FIN', facts });
    assert.is(
      cellOf('order', result),
      '`IDLE_CUT_BY_FIN`: fin after 1 s; kept alive by pings from this end',
    );
  });
});

suite('legend of the table', (test) => {
  test('has the first message of each code, without ports and markup', () => {
    const results = [
      {
        name: 'b',
        result: resultOf({ status: 'note', code: 'B', message: '<b> at localhost:81' }),
      },
      { name: 'c', result: resultOf({ status: 'note', code: 'B', message: 'other' }) },
      { name: 'd', result: resultOf({ status: 'problem', code: 'A', message: 'a|b' }, {}) },
    ];
    assert.equal(codesIn(results), [
      { code: 'A', message: 'a\\|b', name: 'd' },
      { code: 'B', message: '&lt;b> at localhost:…', name: 'b' },
    ]);
  });
});
