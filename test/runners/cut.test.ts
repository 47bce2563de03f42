/** Payloads in lines of output: whole up to 64 KiB, and then cut. */
import * as assert from 'uvu/assert';
import { forJson, shown } from '../../runners/cut.js';
import { suite } from '../support/suite.js';

const MOST = 64 * 1024;

suite('the output', (test) => {
  test('shows texts and printable bytes up to 64 KiB whole, and then cut with their length', () => {
    const whole = 'x'.repeat(MOST);
    const cut = `${whole}… (cut: ${MOST + 1} characters)`;
    const payloads = [whole, `${whole}y`, Buffer.from(`${whole}y`), new Uint8Array([0, 255])];
    assert.equal(payloads.map(shown), [whole, cut, cut, '[2 bytes: 00 ff]']);
  });

  test('never shows half a surrogate pair', () => {
    const text = `${'x'.repeat(MOST - 1)}\u{1f600}`;
    assert.is(shown(text), `${'x'.repeat(MOST - 1)}… (cut: ${MOST + 1} characters)`);
  });

  test('has texts and bytes in JSON whole up to 64 KiB, and then cut with their length', () => {
    const whole = 'x'.repeat(MOST);
    const bytes = Buffer.alloc(MOST);
    const most = bytes.subarray(0, (MOST / 4) * 3);
    const notice = { whole, long: `${whole}y`, most, bytes };
    assert.equal(JSON.parse(JSON.stringify(notice, forJson)), {
      whole,
      long: { text: whole, length: MOST + 1 },
      most: { base64: most.toString('base64') },
      bytes: { base64: most.toString('base64'), length: MOST },
    });
  });
});
