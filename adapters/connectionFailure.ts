/** Explains a connection on which no answer in HTTP came: by the error, or by the bytes that came instead. */
import { type Explanation, type Failure, type FailureCode, quote } from '../machines/index.js';
import { OptionError } from './misuse.js';
import { ProxyError } from './proxyFailure.js';
import { reasonOf } from './reason.js';
import { tlsFailureOf } from './tlsFailure.js';
import { unexpectedStatusOf } from './unexpectedStatus.js';

/** Explains a connection on which no answer came. */
export function connectionFailure(error: Error): Failure {
  if (error instanceof OptionError || error instanceof ProxyError) return error.failure;
  const { code = '', syscall, rawPacket } = error as NodeJS.ErrnoException & { rawPacket?: Buffer };
  const because = `(${reasonOf(error)})`;
  if (error instanceof AggregateError || syscall === 'connect' || syscall === 'getaddrinfo') {
    return failure('transport', 'ERR_CONNECT', {
      expected: 'to reach the server',
      came: `could not ${because}`,
      remedy: UNREACHED[code] ?? 'check the address, and that the server runs',
      ...(code !== '' && { detail: code }),
    });
  }
  const tls = tlsFailureOf(error);
  if (tls !== undefined) return failure('transport', 'ERR_TLS', tls);
  if (code.startsWith('HPE_')) {
    const bytes = rawPacket ?? Buffer.alloc(0);
    return failure('remote', 'ERR_HANDSHAKE', invalidAnswer(bytes, error) ?? wrongBytes(bytes));
  }
  if (code.startsWith('E')) {
    return failure('transport', 'ERR_TRANSPORT', {
      expected: 'an answer to the upgrade request',
      came: `the server was reached and the connection broke ${because}`,
      remedy:
        'see whether that port speaks TLS (wss://) or wants a certificate of the client, and what the path or the server has in its log',
    });
  }
  return failure('remote', 'ERR_HANDSHAKE', {
    expected: 'a WebSocket handshake',
    came: `got something else ${because}`,
    remedy: 'see whether the URL is that of a WebSocket service',
  });
}

/** The remedies for a server that cannot be reached, by the system's code. */
const UNREACHED: { [code: string]: string } = {
  ECONNREFUSED: 'nothing listens there; check the address and port, and that the server runs',
  ENOTFOUND: 'no such name is known; check the name of the host',
  EAI_AGAIN: 'the name server does not answer; try again, and check the network',
  ETIMEDOUT: 'no answer came; check the address and what filters on the way',
  EHOSTUNREACH: 'no way leads there; check the address and the network',
  ENETUNREACH: 'no way leads there; check the address and the network',
  ENOENT: 'no such socket is there; check the path, and that the server runs',
  EMFILE: 'this process has no file descriptor left; raise its limit',
};

/** Explains an answer in HTTP that Node could not read to its end: its status says more than the mistake. */
function invalidAnswer(bytes: Buffer, error: Error): Explanation | undefined {
  const [head = ''] = bytes.toString('latin1').split('\r\n\r\n', 1);
  const status = /^HTTP\/1\.\d (\d{3})\b/.exec(head)?.[1];
  if (status === undefined) return undefined;
  const fields = [...head.matchAll(/^([\w-]+):[ \t]*(.*)$/gm)];
  const headers = Object.fromEntries(
    fields.map(([, name = '', value = '']) => [name.toLowerCase(), value.trimEnd()]),
  );
  const mistake = error.message.replace('Parse Error: ', '');
  const answer = unexpectedStatusOf({ statusCode: Number(status), headers }, '');
  return { ...answer, came: `${answer.came}, in HTTP that is not valid (${mistake})` };
}

/** Explains bytes that are not HTTP, by how they begin. */
function wrongBytes(bytes: Buffer): Explanation {
  const expected = 'an answer in HTTP to the upgrade request';
  // A TLS record: alert or handshake, version 3.x (RFC 8446, 5.1).
  if ((bytes[0] === 0x15 || bytes[0] === 0x16) && bytes[1] === 3) {
    return { expected, came: 'that port speaks TLS', remedy: 'use wss:// rather than ws://' };
  }
  // The first frame of a server in HTTP/2: SETTINGS on stream 0 (RFC 9113, 3.4).
  if (bytes.length >= 9 && bytes[3] === 4 && bytes.readUInt32BE(5) === 0) {
    return {
      expected,
      came: 'that port speaks HTTP/2 alone',
      remedy: 'use a port that takes HTTP/1.1 too',
    };
  }
  return {
    expected,
    came: `other bytes came, ${quote(lineOf(bytes) ?? bytes)}`,
    remedy: 'see whether the URL is that of a WebSocket service',
  };
}

/** The first line of bytes that are printable ASCII; undefined for others. */
function lineOf(bytes: Buffer): string | undefined {
  const [line = ''] = bytes.toString('latin1').split(/[\r\n]/, 1);
  return /^[ -~]+$/.test(line) ? line : undefined;
}

function failure(blame: Failure['blame'], code: FailureCode, explanation: Explanation): Failure {
  return { blame, code, ...explanation };
}
