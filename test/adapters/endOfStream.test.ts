/** Words for what went wrong; how connections end is tested on sockets, in `ws.test.ts`. */
import * as assert from 'uvu/assert';
import { connectionFailure } from '../../adapters/handshakeFailure.js';
import { reasonOf } from '../../adapters/reason.js';
import { suite } from '../support/suite.js';

function systemError(message: string, code: string): Error {
  return Object.assign(new Error(message), { code });
}

suite('reason of an error', (test) => {
  test('names its code, once', () => {
    assert.is(reasonOf(systemError('read ECONNRESET', 'ECONNRESET')), 'read ECONNRESET');
    assert.is(reasonOf(systemError('it broke', 'E1')), 'it broke, E1');
    assert.is(reasonOf(new Error('it broke')), 'it broke');
  });

  test('joins those of several attempts', () => {
    const attempts = [new Error('not on ::1'), 'odd', new Error('not on 127.0.0.1')];
    assert.is(reasonOf(new AggregateError(attempts)), 'not on ::1; odd; not on 127.0.0.1');
  });
});

suite('failure of a handshake', (test) => {
  for (const [error, code] of [
    [systemError('getaddrinfo ENOTFOUND x', 'ENOTFOUND'), 'ERR_CONNECT'],
    [systemError('self-signed certificate', 'DEPTH_ZERO_SELF_SIGNED_CERT'), 'ERR_TLS'],
    [systemError('altnames', 'ERR_TLS_CERT_ALTNAME_INVALID'), 'ERR_TLS'],
    [systemError('wrong version number', 'EPROTO'), 'ERR_TLS'],
    [systemError('expired', 'CERT_HAS_EXPIRED'), 'ERR_TLS'],
    [systemError('cannot verify', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'), 'ERR_TLS'],
    [systemError('Parse Error', 'HPE_INVALID_CONSTANT'), 'ERR_HANDSHAKE'],
  ] as [Error, string][]) {
    test(`is ${code} for "${error.message}"`, () => {
      assert.is(connectionFailure(error).code, code);
    });
  }
});
