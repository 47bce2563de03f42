import * as assert from 'uvu/assert';
import { opening } from '../../machines/index.js';
import {
  attempted,
  broken,
  deadline,
  opened,
  redirected,
  stopRequested,
} from '../support/facts.js';
import { linesOf, play, type Step } from '../support/play.js';
import { suite } from '../support/suite.js';

const lines = (input: object, steps: Step[]) => linesOf(opening, input, steps);
const output = (input: object, steps: Step[]) => play(opening, input, steps).snapshot.output;

suite('opening', (test) => {
  test('hands the socket over when it is open', () => {
    const told = [attempted('tcp'), attempted('upgrade'), { ...opened, subprotocol: 'a' }];
    assert.equal(lines({}, told), [
      '= connecting',
      '< socket.attempted tcp 127.0.0.1:80',
      '< socket.attempted upgrade 127.0.0.1:80',
      '< socket.opened "a"',
      '= opened',
      '* opening.ended opened',
      '> socket.handOver',
    ]);
    assert.equal(output({}, told), {
      outcome: 'opened',
      subprotocol: 'a',
      redirects: [],
      phases: {},
      fault: null,
    });
  });

  test('gives up a connection that does not open within connectTimeout', () => {
    assert.equal(lines({ connectTimeout: 20 }, [deadline('connectTimeout')]), [
      '= connecting',
      '% connectTimeout',
      '= error',
      '! ERR_CONNECT_TIMEOUT expected the connection to open within 20 ms, but it did not, and how far it came is not known: check the name of the host, its address and what filters on the way, or wait longer (connectTimeout)',
      '> socket.terminate',
      '* opening.ended error',
    ]);
  });

  for (const [stage, words] of [
    ['name', 'the name [::1]:80 was still being looked up'],
    ['tcp', 'no TCP connection came about with [::1]:80'],
    ['unix', 'the socket [::1]:80 did not take the connection'],
    ['proxy', '[::1]:80 was reached and opened no tunnel'],
    ['tls', '[::1]:80 was reached and did not finish the TLS handshake'],
    ['upgrade', '[::1]:80 was reached and did not answer the upgrade request'],
  ] as const) {
    test(`says how far a connection came that gets stuck at ${stage}`, () => {
      const told = [{ ...attempted(stage), peer: '[::1]:80' }];
      const { fault } = output({}, [...told, deadline('connectTimeout')]);
      assert.is(fault.came, words);
    });
  }

  test('keeps the phases that it was told last', () => {
    const tcp = { tcp: { ms: 1, address: '127.0.0.1:80', failed: [] } };
    const upgrade = { upgrade: { ms: 2, status: 101, headers: {}, extensions: '' } };
    const told = [attempted('tcp'), { ...attempted('upgrade'), phases: tcp }];
    assert.equal(output({}, [...told, broken]).phases, tcp);
    const phases = { ...tcp, ...upgrade };
    assert.equal(output({}, [...told, { ...opened, phases }]).phases, phases);
    assert.equal(output({}, [...told, { ...broken, phases }]).phases, phases);
    assert.equal(output({}, [...told, deadline('connectTimeout')]).phases, tcp);
  });

  test('follows no redirect unless it is told to', () => {
    assert.equal(lines({}, [redirected]), [
      '= connecting',
      '< socket.redirected 302 "ws://b.example/"',
      '= error',
      '! ERR_HANDSHAKE expected status 101, but the server answered 302: follow redirects (maxRedirects)',
      '> socket.terminate',
      '* opening.ended error',
    ]);
  });

  test('follows redirects up to maxRedirects, and begins the stages anew', () => {
    const phases = { tcp: { ms: 1, address: '127.0.0.1:80', failed: [] } };
    const told = [attempted('upgrade'), { ...redirected, phases }, redirected];
    assert.equal(lines({ maxRedirects: 1 }, told), [
      '= connecting',
      '< socket.attempted upgrade 127.0.0.1:80',
      '< socket.redirected 302 "ws://b.example/" after tcp 1.000 ms (127.0.0.1:80)',
      '* opening.redirected 302 "ws://b.example/"',
      '> socket.follow',
      '< socket.redirected 302 "ws://b.example/"',
      '= error',
      '! ERR_HANDSHAKE expected at most 1 redirect, but another came, to "ws://b.example/": see whether they lead in a circle, and dial the URL where they should end',
      '> socket.terminate',
      '* opening.ended error',
    ]);
    const { redirects, phases: last } = output({ maxRedirects: 1 }, told);
    assert.equal([redirects, last], [[{ status: 302, to: 'ws://b.example/', phases }], {}]);
  });

  test('answers a connection that fails with error', () => {
    assert.equal(lines({}, [broken]), [
      '= connecting',
      '< socket.failed ERR_TRANSPORT',
      '= error',
      '! ERR_TRANSPORT expected the connection to last, but it broke: see the path',
      '> socket.terminate',
      '* opening.ended error',
    ]);
  });

  test('stops without a handshake to end', () => {
    assert.equal(lines({}, [stopRequested]), [
      '= connecting',
      '< app.stopRequested',
      '= stopped',
      '> socket.terminate',
      '* opening.ended stopped',
    ]);
  });

  test('ends at once with settings that are none', () => {
    assert.equal(lines({ connectTimeout: -1 }, []), [
      '= error',
      '! ERR_MISUSE expected connectTimeout to be a number of ms from 0 on, but it is -1: give such a value, or leave it out for the default',
      '> socket.terminate',
      '* opening.ended error',
    ]);
  });
});
