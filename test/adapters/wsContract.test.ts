/** The adapter for `ws` keeps the contract of adapters, in both roles. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { Binding } from '../../adapters/binding.js';
import { openSocket } from '../../adapters/openSocket.js';
import { wsOptions } from '../../adapters/wsOptions.js';
import { adapterContract } from './contract.js';

adapterContract({
  name: 'ws',
  lacks: {},
  accept: async (session, maxPayload, { after }) => {
    const server = new WebSocketServer({
      ...wsOptions(5_000),
      host: '127.0.0.1',
      port: 0,
      maxPayload,
    });
    after(() => server.close());
    server.once('connection', (ws: WebSocket) => {
      after(() => ws.terminate());
      new Binding(session, ws);
      session.start();
    });
    await once(server, 'listening');
    return `ws://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  },
  dial: (session, url, { maxPayload, subprotocols }) => {
    const bind = (ws: WebSocket): void => {
      new Binding(session, ws);
      session.start();
    };
    openSocket(session.opening, url, bind, { subprotocols, ws: { maxPayload } });
  },
});
