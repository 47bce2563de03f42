/** The records that a reader takes from outside, and the sentences with which it refuses others. */
import * as assert from 'uvu/assert';
import {
  MACHINE_RECORD_CHARS,
  NAME_CHARS,
  RECORD_CHARS,
  RECORD_DEPTH,
  RECORD_VALUES,
} from '../../inspector/bounds.js';
import { RecordError, readRecord } from '../../inspector/records.js';
import { clientSession } from '../../machines/index.js';
import { converse, machineRecord, recordsOf } from '../support/inspection.js';
import { suite } from '../support/suite.js';

const RECORDS = recordsOf((inspect) => converse(inspect));
const [RUN] = RECORDS;

/** A run's record as JSON, with one more field, which is JSON already. */
function withField(json: string): string {
  return JSON.stringify(RUN).replace(/}$/, `,"more":${json}}`);
}

const nested = (depth: number): string => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const machine = JSON.stringify(machineRecord(clientSession, 2));

suite('records from outside', (test) => {
  test('are read as they were written', () => {
    for (const record of RECORDS) assert.equal(readRecord(JSON.stringify(record)), record);
  });

  test('may be as deep, as long and as many values as the bounds say', () => {
    const text = (length: number): string => withField(`"${'x'.repeat(length)}"`);
    assert.is(readRecord(withField(nested(RECORD_DEPTH))).kind, 'run');
    const countOf = (value: unknown): number =>
      1 +
      (typeof value === 'object' && value ? Object.values(value).map(countOf) : []).reduce(
        (a, b) => a + b,
        0,
      );
    const zeros = Array(RECORD_VALUES - countOf(JSON.parse(machine)) - 1).fill(0);
    const most = { ...JSON.parse(machine), more: zeros };
    assert.is(readRecord(JSON.stringify(most)).kind, 'machine');
    assert.throws(
      () => readRecord(JSON.stringify({ ...most, another: 0 })),
      /values, but got more/,
    );
    const room = RECORD_CHARS - text(0).length;
    assert.is(readRecord(text(room)).kind, 'run');
    assert.throws(() => readRecord(text(room + 1)), /characters, but got a longer/);
  });

  const bad: [name: string, line: string, message: string][] = [
    ['text', 'hello', 'expected a record, but got no JSON'],
    ['nothing', '', 'expected a record, but got no JSON'],
    ['another JSON value', 'null', 'expected a record, but got other JSON'],
    [
      'an unknown kind',
      '{"seq":1,"ts":0,"run":"r","kind":"toString"}',
      'expected a record of a known kind, but got another',
    ],
    [
      'other fields',
      '{"seq":1,"ts":0,"run":"r","kind":"step"}',
      'expected the fields of a step record, but got others',
    ],
    [
      'a deep field',
      withField(nested(RECORD_DEPTH + 1)),
      'expected a record of at most 100 levels, but got a deeper one',
    ],
    [
      'a very deep field',
      withField(nested(250_000)),
      'expected a record of at most 100 levels, but got a deeper one',
    ],
    [
      'a deep list in lists',
      withField(`${'[0,'.repeat(100_000)}0${']'.repeat(100_000)}`),
      'expected a record of at most 100 levels, but got a deeper one',
    ],
    [
      'a deep chart',
      machine.replace('"children":[]', `"children":${nested(100_000)}`),
      'expected a record of at most 100 levels, but got a deeper one',
    ],
    [
      'very many values',
      withField(`[${'{},'.repeat(RECORD_VALUES)}0]`),
      'expected a record of at most 40000 values, but got more',
    ],
    [
      'a long step',
      JSON.stringify({ ...RECORDS.at(-2), more: 'x'.repeat(RECORD_CHARS) }),
      'expected a record of at most 65536 characters, but got a longer one',
    ],
    [
      'a long machine',
      machine
        .replace('"states', `"${'x'.repeat(MACHINE_RECORD_CHARS)}`)
        .padEnd(MACHINE_RECORD_CHARS + 1),
      'expected a record of at most 524288 characters, but got a longer one',
    ],
    [
      'a long name',
      JSON.stringify({ ...RUN, name: 'x'.repeat(NAME_CHARS + 1) }),
      'expected a name of at most 1000 characters, but got a longer one',
    ],
  ];
  for (const [name, line, message] of bad) {
    test(`are refused in a sentence that fits a Close frame: ${name}`, () => {
      try {
        readRecord(line);
      } catch (error) {
        assert.is(error instanceof RecordError, true, String(error));
        assert.is((error as RecordError).message, message);
        assert.is(message.length <= 123, true);
        return;
      }
      assert.unreachable();
    });
  }
});
