/**
 * Explains failures of TLS by the codes of OpenSSL and Node: the port does not speak TLS, this side does
 * not trust the server, or the server does not trust this side.
 */
import type { Explanation } from '../machines/index.js';
import { reasonOf } from './reason.js';

/** Codes of OpenSSL for a peer whose bytes are not TLS. */
const NO_TLS =
  /^ERR_SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|UNKNOWN_PROTOCOL|RECORD_LAYER_FAILURE|UNEXPECTED_MESSAGE|BAD_RECORD_TYPE)$/;

/** Codes of OpenSSL for an alert: the server refuses the client's certificate, or wants one. */
const CLIENT_CERTIFICATE =
  /^ERR_SSL_(?:TLSV13_ALERT_CERTIFICATE_REQUIRED|TLSV1_ALERT_UNKNOWN_CA|(?:SSLV3_)?ALERT_(?:BAD_CERTIFICATE|NO_CERTIFICATE|UNSUPPORTED_CERTIFICATE|CERTIFICATE_\w+)|SSLV3_ALERT_\w*CERTIFICATE\w*)$/;

/** The alert of a server that finds nothing to agree on. Most such servers want a client's certificate. */
const HANDSHAKE_FAILURE = 'ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE';

/** The remedies for a certificate of the server, by Node's code. */
const CERTIFICATES: { [code: string]: Pick<Explanation, 'remedy' | 'setting'> } = {
  CERT_HAS_EXPIRED: { remedy: "renew the server's certificate, or set this machine's clock" },
  CERT_NOT_YET_VALID: { remedy: "set this machine's clock, or the certificate is made too early" },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    remedy: 'dial a name that the certificate has, or add this one to it',
  },
};

const UNKNOWN_AUTHORITY: Pick<Explanation, 'remedy' | 'setting'> = {
  remedy: 'name a file with the authority that signed it, or the certificate itself',
  setting: 'ca',
};

/** OpenSSL's message: `…:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:…`. */
const OPENSSL = /:error:[0-9A-F]+:[^:]*:[^:]*:([^:]+):/;

/**
 * Returns an error's code and reason. OpenSSL writes both into the message. Node gives only some of
 * those errors a code, which is ERR_SSL_ and the reason.
 */
function causeOf(error: Error): { code: string; because: string } {
  const reason = OPENSSL.exec(error.message)?.[1];
  if (reason !== undefined) {
    const code = `ERR_SSL_${reason.toUpperCase().replaceAll(' ', '_')}`;
    return { code, because: `(${reason})` };
  }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return { code, because: `(${reasonOf(error)})` };
}

/** Explains an error of TLS; undefined for any other error. */
export function tlsFailureOf(error: Error): Explanation | undefined {
  const { code, because } = causeOf(error);
  if (NO_TLS.test(code)) {
    return {
      expected: 'a TLS connection',
      came: `that port does not speak TLS ${because}`,
      remedy: 'use ws://, or the port that speaks TLS',
    };
  }
  if (CLIENT_CERTIFICATE.test(code)) {
    return {
      expected: 'the server to take this TLS connection',
      came: `it refused it for want of a certificate of the client that it trusts ${because}`,
      remedy: 'give the client a certificate',
      setting: 'cert',
    };
  }
  if (code === HANDSHAKE_FAILURE) {
    return {
      expected: 'the server to take this TLS connection',
      came: `it refused the handshake ${because}`,
      remedy:
        'it wants a certificate of the client, or shares no version or cipher; give the client a certificate',
      setting: 'cert',
    };
  }
  if (/CERT|SIGNATURE|^UNABLE_TO_|ISSUER/.test(code)) {
    return {
      expected: 'a certificate that this machine trusts',
      came: `the server's is not ${because}`,
      ...(CERTIFICATES[code] ?? UNKNOWN_AUTHORITY),
    };
  }
  if (!/SSL|TLS|^EPROTO$/.test(code) && !isCutInTls(error)) return undefined;
  return {
    expected: 'a TLS connection',
    came: `the handshake failed ${because}`,
    remedy: 'see whether that port speaks TLS, and which versions and ciphers it takes',
  };
}

/** Node's words for a TCP connection that ended inside the TLS handshake (Node 20; a test pins them). */
function isCutInTls(error: Error): boolean {
  return error.message.includes('before secure TLS connection was established');
}
