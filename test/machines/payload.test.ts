import * as assert from 'uvu/assert';
import { escapeControls, isPrintable, quote, textOf } from '../../machines/index.js';
import { differenceOf, hexOf, isSamePayload, renderMessage } from '../../machines/payload.js';
import { suite } from '../support/suite.js';

suite('payload', (test) => {
  test('is rendered for its round, as text or as bytes', () => {
    assert.is(renderMessage('Hello {n}', 7, false), 'Hello 7');
    assert.is(renderMessage('{n}{n} {x}', 12, false), '1212 {x}');
    assert.is(renderMessage('$& {n}', 1, false), '$& 1');
    assert.equal(renderMessage('é{n}', 1, true), Uint8Array.of(0xc3, 0xa9, 0x31));
    const same = [0, 1].map((round) => renderMessage('é', round, true));
    assert.equal(same, [Uint8Array.of(0xc3, 0xa9), Uint8Array.of(0xc3, 0xa9)]);
    const bytes = ['AQ==', 'Ag==', 'Ag=='].map((base64) => renderMessage({ base64 }, 0, false));
    assert.equal(bytes, [Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(2)]);
  });

  test('is the same only in kind and content', () => {
    const bytes = (...values: number[]) => Uint8Array.of(...values);
    assert.is(isSamePayload('a', 'a'), true);
    assert.is(isSamePayload('a', 'b'), false);
    assert.is(isSamePayload('a', bytes(97)), false);
    assert.is(isSamePayload(bytes(97), 'a'), false);
    assert.is(isSamePayload(bytes(1, 2), bytes(1, 2)), true);
    assert.is(isSamePayload(bytes(1, 2), bytes(1, 3)), false);
    assert.is(isSamePayload(bytes(1, 2), bytes(1)), false);
    assert.is(isSamePayload(bytes(), bytes()), true);
  });

  test('says where it differs from another, as people count', () => {
    assert.is(differenceOf('abc', 'xbc'), 'they differ from character 1 on');
    assert.is(differenceOf('abc', 'abd'), 'they differ from character 3 on');
    assert.is(differenceOf('abc', 'ab'), 'they differ from character 3 on');
    assert.is(differenceOf('😀😀a', '😀😀b'), 'they differ from character 3 on');
    // The two share the first half of a surrogate pair.
    assert.is(differenceOf('a😀', 'a😁'), 'they differ from character 2 on');
    assert.is(
      differenceOf(Uint8Array.of(1), Uint8Array.of(2)),
      'they differ from byte offset 0 on',
    );
    assert.is(differenceOf('a', Uint8Array.of(97)), 'one is text, the other bytes');
  });

  test('of bytes is text only where it is UTF-8, byte order mark and all', () => {
    assert.is(textOf(Uint8Array.of(0xef, 0xbb, 0xbf, 97)), '\ufeffa');
    assert.is(textOf(Uint8Array.of(0xed, 0xa0, 0x80)), undefined);
  });

  test('cannot drive a terminal once it is escaped', () => {
    const unsafe = '\0\t\n\r\x1b\x7f\x9b\u061c\u200e\u2028\u2029\u202e\u2066\ud800\udc00'.slice(
      0,
      -1,
    );
    assert.is(
      escapeControls(unsafe),
      '\\x00\\x09\\x0a\\x0d\\x1b\\x7f\\x9b\\u061c\\u200e\\u2028\\u2029\\u202e\\u2066\\ud800',
    );
    for (const char of unsafe) assert.is(isPrintable(`a${char}b`), false);
    const safe = 'plain, é, 漢字, 😀, \\x1b in letters';
    assert.is(escapeControls(safe), safe);
    assert.is(isPrintable(safe), true);
  });

  test('is quoted short, and never cut inside a character', () => {
    assert.is(quote('a\nb'), '"a\\x0ab"');
    assert.is(quote('x'.repeat(61)), `"${'x'.repeat(60)}"… (61 characters)`);
    assert.is(quote(Uint8Array.of(255)), '[1 byte: ff]');
    assert.is(hexOf(new Uint8Array()), '[0 bytes]');
    assert.is(quote(new Uint8Array(17)), `[17 bytes: ${Array(16).fill('00').join(' ')} …]`);
    assert.is(quote(`${'x'.repeat(59)}😀!`), `"${'x'.repeat(59)}"… (61 characters)`);
  });
});
