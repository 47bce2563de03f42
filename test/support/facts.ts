/** Facts in few words, for tests. */
import type {
  AppStopRequested,
  Payload,
  SocketEnded,
  SocketFailed,
  SocketOpened,
  SocketReceived,
  SocketSent,
} from '../../machines/index.js';

export const opened: SocketOpened = { type: 'socket.opened', subprotocol: '' };
export const sent: SocketSent = { type: 'socket.sent' };
export const stopRequested: AppStopRequested = { type: 'app.stopRequested' };

export function received(data: Payload): SocketReceived {
  return { type: 'socket.received', data };
}

/** The end with a Close frame. */
export function closed(code = 1000, reason = ''): SocketEnded {
  return { type: 'socket.ended', closeFrame: true, code, reason };
}

/** The end as the book's peers make it. */
export const endedWithoutClose: SocketEnded = {
  type: 'socket.ended',
  closeFrame: false,
  code: 1006,
  reason: '',
};

/** The connection is gone. */
export const broken: SocketFailed = {
  type: 'socket.failed',
  failure: { blame: 'transport', code: 'ERR_TRANSPORT', message: 'it broke' },
};

/** The peer broke a rule; the connection still stands. */
export const violated: SocketFailed = {
  type: 'socket.failed',
  failure: { blame: 'remote', code: 'ERR_TOO_BIG', message: 'too big', closeCode: 1009 },
};

export function deadline(name: string): { deadline: string } {
  return { deadline: name };
}
