/**
 * Binds pings to the socket of a session.
 *
 * Rule 1. Pings carry their number. A pong with another payload is none of theirs (RFC 6455, 5.5.3).
 * Rule 2. Pings end when their session starts to leave: the peer owes no pong then.
 */
import type { WebSocket } from 'ws';
import type { PingsCommand, PingsFact, PingsNotice } from '../machines/index.js';
import type { SessionActor } from './sessionActor.js';

/** Pings, as an adapter sees them. */
export interface PingsActor {
  send(fact: PingsFact): void;
  on(type: '*', listener: (emitted: PingsCommand | PingsNotice) => void): unknown;
}

/** The commands and notices of a session that leaves. */
const LEAVING = new Set<string>(['socket.close', 'socket.terminate', 'session.ended']);

/** Wires pings to a socket and to its session. */
export function bindPings(actor: PingsActor, ws: WebSocket, session: SessionActor): void {
  let isOver = false;
  let payload = '';
  let began = 0;
  const onPong = (data: Buffer): void => {
    if (data.toString() !== payload) return;
    payload = '';
    const ms = Math.round((performance.now() - began) * 1000) / 1000;
    actor.send({ type: 'socket.ponged', ms });
  };
  actor.on('*', (emitted) => {
    if (emitted.type === 'socket.ping') {
      payload = `ping ${emitted.ping}`;
      began = performance.now();
      ws.ping(payload);
    } else if (emitted.type === 'pings.ended') {
      isOver = true;
      ws.off('pong', onPong);
    } else if (emitted.type === 'pings.failed') {
      isOver = true;
      session.send({ type: 'socket.failed', failure: emitted.failure });
    }
  });
  session.on('*', ({ type }) => {
    if (!isOver && LEAVING.has(type)) actor.send({ type: 'app.stopRequested' });
  });
  ws.on('pong', onPong);
}
