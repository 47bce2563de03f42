/** Facts in few words, for tests. */
import type {
  AppStopRequested,
  Payload,
  SocketAttempted,
  SocketEnded,
  SocketFailed,
  SocketOpened,
  SocketPonged,
  SocketReceived,
  SocketRedirected,
  SocketSent,
} from '../../machines/index.js';

/** A stage of the opening that was reached. */
export function attempted(stage: SocketAttempted['stage']): SocketAttempted {
  return { type: 'socket.attempted', stage, peer: '127.0.0.1:80' };
}

export const opened: SocketOpened = { type: 'socket.opened', subprotocol: '' };

/** An answer that leads elsewhere, and can be followed. */
export const redirected: SocketRedirected = {
  type: 'socket.redirected',
  status: 302,
  to: 'ws://b.example/',
  failure: {
    blame: 'remote',
    code: 'ERR_HANDSHAKE',
    expected: 'status 101',
    came: 'the server answered 302',
    remedy: 'follow redirects',
    setting: 'maxRedirects',
  },
};

export function ponged(ms: number): SocketPonged {
  return { type: 'socket.ponged', ms };
}

export const sent: SocketSent = { type: 'socket.sent' };
export const stopRequested: AppStopRequested = { type: 'app.stopRequested' };

export function received(data: Payload): SocketReceived {
  return { type: 'socket.received', data };
}

/** The end with a Close frame. */
export function closed(code = 1000, reason = ''): SocketEnded {
  return { type: 'socket.ended', closeFrame: true, code, reason, silence: 0 };
}

/** The end as the book's peers make it. */
export const endedWithoutClose: SocketEnded = {
  type: 'socket.ended',
  closeFrame: false,
  code: 1006,
  reason: '',
  silence: 0,
};

/** The connection is gone. */
export const broken: SocketFailed = {
  type: 'socket.failed',
  failure: {
    blame: 'transport',
    code: 'ERR_TRANSPORT',
    expected: 'the connection to last',
    came: 'it broke',
    remedy: 'see the path',
  },
};

/** The peer broke a rule; the connection still stands. */
export const violated: SocketFailed = {
  type: 'socket.failed',
  failure: {
    blame: 'remote',
    code: 'ERR_TOO_BIG',
    expected: 'a small message',
    came: 'a large one came',
    remedy: 'send less',
    closeCode: 1009,
  },
};

export function deadline(name: string): { deadline: string } {
  return { deadline: name };
}
