/** The previews of values. */
import * as assert from 'uvu/assert';
import { type Json, newBudget, preview } from '../../inspector/preview.js';
import { previewText } from '../../inspector/sessionView.js';
import { suite } from '../support/suite.js';

suite('previews of values', (test) => {
  const cases: [name: string, value: unknown, shown: unknown][] = [
    ['JSON as it is', { a: [1, true, null, 'b'] }, { a: [1, true, null, 'b'] }],
    ['what JSON has no numbers for in words', [Number.NaN, 1 / 0], ['NaN', 'Infinity']],
    ['a bigint with its sign, unless it is endless', [5n, 10n ** 40n], ['5n', 'a bigint']],
    ['nothing as null', undefined, null],
    ['few bytes whole', Uint8Array.of(0, 255), { bytes: 2, hex: '00 ff' }],
    ['an error in one line', new TypeError('no'), 'TypeError: no'],
    ['a class by its name', new Map(), 'a Map'],
    ['a thing without a class', Object.create(Object.create(null)), 'a thing'],
    ['what is too deep as an ellipsis', [[[[[[[1]]]]]]], [[[[[['…']]]]]]],
  ];
  for (const [name, value, shown] of cases) {
    test(`show ${name}`, () => assert.equal(preview(value, newBudget()), shown));
  }

  test('cut text between characters, and long keys too', () => {
    const text = `${'x'.repeat(199)}\u{1f600}y`;
    assert.equal(preview(text, newBudget()), { text: 'x'.repeat(199), length: 202 });
    const key = 'k'.repeat(201);
    assert.equal(preview({ [key]: 1 }, newBudget()), { [`${'k'.repeat(200)}…`]: 1 });
  });

  test('tell a value that throws from a text of the same words', () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const shown = preview([proxy, 'an unreadable value'], newBudget());
    assert.equal(shown, [{ unreadable: true }, 'an unreadable value']);
    const [thrown, text] = shown as [Json, Json];
    assert.equal([previewText(thrown), previewText(text)], Array(2).fill('an unreadable value'));
  });

  test('stop at very many entries', () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`k${n}`, n]));
    const shown = preview(many, newBudget()) as object;
    assert.is(Object.keys(shown).length, 41);
    assert.is(Object.keys(shown).at(-1), '…');
  });

  test('stop when the budget is spent', () => {
    const wide = Object.fromEntries(
      Array.from({ length: 30 }, (_, n) => [`k${n}`, 'x'.repeat(190)]),
    );
    assert.is(JSON.stringify(preview(wide, newBudget())).length < 4_500, true);
  });
});
