/**
 * Explains failures of TLS by the codes of OpenSSL and Node: the port does not speak TLS, this side does
 * not trust the server, or the server does not trust this side.
 */
import { type Explanation, quote } from '../machines/index.js';
import { reasonOf } from './reason.js';

type Remedy = Pick<Explanation, 'remedy' | 'setting'>;

/** Codes of OpenSSL for a peer whose bytes are not TLS. */
const NO_TLS =
  /^ERR_SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST|UNKNOWN_PROTOCOL|RECORD_LAYER_FAILURE|UNEXPECTED_MESSAGE|BAD_RECORD_TYPE)$/;

/** OpenSSL's code for an alert of the server. The words before ALERT vary with its version. */
const ALERT = /^ERR_SSL_(?:\S+_)?ALERT_(\w+)$/;

/** Alerts of a server that does not take the client's certificate, or wants one (RFC 8446, 6.2). */
const CLIENT_CERTIFICATE: { [code: string]: Pick<Explanation, 'came' | 'remedy'> } = {
  CERTIFICATE_REQUIRED: {
    came: 'it wants a certificate of the client, and none was given',
    remedy: 'give the client a certificate',
  },
  // Some servers send this alert where none was given.
  BAD_CERTIFICATE: {
    came: 'it wants a certificate of the client, and none was given or not the right one',
    remedy: "give the client a certificate that one of the server's authorities has signed",
  },
  NO_CERTIFICATE: {
    came: 'it wants a certificate of the client, and none was given',
    remedy: 'give the client a certificate',
  },
  // The alert of a server that finds nothing to agree on. Most such servers want a client's certificate.
  HANDSHAKE_FAILURE: {
    came: 'it refused the handshake',
    remedy:
      'it wants a certificate of the client, or shares no version or cipher; give the client a certificate',
  },
  ACCESS_DENIED: {
    came: "it does not let the client's certificate in",
    remedy: 'give the client another, or have the server let this one in',
  },
  UNKNOWN_CA: {
    came: "the client's certificate is signed by none of the server's authorities",
    remedy: 'give the client another, or have the server trust the authority of this one',
  },
  CERTIFICATE_EXPIRED: {
    came: "the client's certificate has expired",
    remedy: 'renew it',
  },
  CERTIFICATE_REVOKED: {
    came: "the client's certificate was revoked",
    remedy: 'give the client another',
  },
  UNSUPPORTED_CERTIFICATE: {
    came: "the client's certificate is of a kind that it does not take",
    remedy: 'give the client one that is made for clients',
  },
  CERTIFICATE_UNKNOWN: {
    came: "it does not accept the client's certificate",
    remedy: "give the client another, or see the server's log",
  },
};

const CLOCK: Remedy = { remedy: "renew the server's certificate, or set this machine's clock" };
const OTHER_NAME: Remedy = {
  remedy: 'dial a name that the certificate has, or add this one to it',
};
const UNKNOWN_AUTHORITY: Remedy = {
  remedy: 'name a file with the authority that signed it, or the certificate itself',
  setting: 'ca',
};
const REPLACE: Remedy = { remedy: 'give the server another certificate' };
const WRONG_CHAIN: Remedy = {
  remedy: 'have it signed by an authority that may sign it: one on the way to it may not',
};
const WRONG_SIGNATURE: Remedy = {
  remedy:
    "its authority's key did not make this signature; check that authority, and the server's chain",
};
const REVOCATIONS: Remedy = { remedy: 'check the list of revoked certificates that was given' };

/**
 * What to do about a certificate of the server, by Node's code: all codes of its `X509Certificate` and
 * `tls.checkServerIdentity` (Node 20).
 */
const SERVER_CERTIFICATE: { [code: string]: Remedy } = {
  CERT_HAS_EXPIRED: CLOCK,
  CERT_NOT_YET_VALID: {
    remedy: "set this machine's clock, or the certificate is made too early",
  },
  ERR_TLS_CERT_ALTNAME_INVALID: OTHER_NAME,
  ERR_TLS_CERT_ALTNAME_FORMAT: REPLACE,
  HOSTNAME_MISMATCH: OTHER_NAME,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_AUTHORITY,
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
  CERT_UNTRUSTED: UNKNOWN_AUTHORITY,
  INVALID_PURPOSE: { remedy: 'give the server a certificate that is made for servers' },
  INVALID_CA: WRONG_CHAIN,
  PATH_LENGTH_EXCEEDED: WRONG_CHAIN,
  CERT_CHAIN_TOO_LONG: WRONG_CHAIN,
  CERT_REVOKED: REPLACE,
  CERT_REJECTED: REPLACE,
  CERT_SIGNATURE_FAILURE: WRONG_SIGNATURE,
  UNABLE_TO_DECRYPT_CERT_SIGNATURE: WRONG_SIGNATURE,
  UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY: WRONG_SIGNATURE,
  ERROR_IN_CERT_NOT_BEFORE_FIELD: REPLACE,
  ERROR_IN_CERT_NOT_AFTER_FIELD: REPLACE,
  UNABLE_TO_GET_CRL: REVOCATIONS,
  UNABLE_TO_DECRYPT_CRL_SIGNATURE: REVOCATIONS,
  CRL_SIGNATURE_FAILURE: REVOCATIONS,
  CRL_NOT_YET_VALID: REVOCATIONS,
  CRL_HAS_EXPIRED: REVOCATIONS,
  ERROR_IN_CRL_LAST_UPDATE_FIELD: REVOCATIONS,
  ERROR_IN_CRL_NEXT_UPDATE_FIELD: REVOCATIONS,
  // Node's word for all else that OpenSSL finds, such as a key that is too short.
  UNSPECIFIED: REPLACE,
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
  const alert = CLIENT_CERTIFICATE[ALERT.exec(code)?.[1] ?? ''];
  if (alert !== undefined) {
    return {
      expected: 'the server to take this TLS connection',
      came: `${alert.came} ${because}`,
      remedy: alert.remedy,
      setting: 'cert',
      detail: code,
    };
  }
  const advice = SERVER_CERTIFICATE[code];
  if (advice !== undefined) {
    return {
      expected: 'a certificate that this machine trusts',
      came: otherNames(error) ?? `the server's is not ${because}`,
      detail: code,
      ...advice,
    };
  }
  if (!/SSL|TLS|^EPROTO$/.test(code) && !isCutInTls(error)) return undefined;
  return {
    expected: 'a TLS connection',
    came: `the handshake failed ${because}`,
    remedy: 'see whether that port speaks TLS, and which versions and ciphers it takes',
  };
}

/** Says which names a certificate has, where the one dialled is not among them; Node tells it unclearly. */
function otherNames(error: Error): string | undefined {
  const { code, host, cert } = error as NodeJS.ErrnoException & {
    host?: string;
    cert?: { subjectaltname?: string; subject?: { CN?: string } };
  };
  if (code !== 'ERR_TLS_CERT_ALTNAME_INVALID' || host === undefined) return undefined;
  const names = cert?.subjectaltname ?? cert?.subject?.CN;
  const which = names === undefined ? 'for no name' : `for ${quote(String(names), 200)}`;
  return `the server's is ${which} and not for ${host} (${code})`;
}

/** Node's words for a TCP connection that ended inside the TLS handshake (Node 20; a test pins them). */
function isCutInTls(error: Error): boolean {
  return error.message.includes('before secure TLS connection was established');
}
