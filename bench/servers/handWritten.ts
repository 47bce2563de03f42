/**
 * The yardstick: the same conversation as an expert in `ws` writes it by hand, with the same checks.
 * It compares every reply with its message. A write and a reply have `REPLY_TIMEOUT` each, the close
 * has `CLOSE_TIMEOUT`. It counts the outcomes.
 */
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import {
  CLOSE_TIMEOUT,
  type Conversation,
  conversationOf,
  MAX_PAYLOAD,
  REPLY_TIMEOUT,
  serveBench,
} from './conversation.js';

const outcomes = { done: 0, error: 0 };

function converse(ws: WebSocket, { rounds, bytes }: Conversation): void {
  const constant = bytes === 0 ? undefined : Buffer.alloc(bytes, 'x');
  let round = 0;
  let mismatches = 0;
  let fault: string | undefined;
  let isClosing = false;
  let expected: string | Buffer = '';

  let deadline = setTimeout(() => {
    fault = `no reply in round ${round}`;
    ws.close(1008);
    expectClose();
  }, REPLY_TIMEOUT);

  const expectClose = (): void => {
    isClosing = true;
    clearTimeout(deadline);
    deadline = setTimeout(() => ws.terminate(), CLOSE_TIMEOUT);
  };

  const onWritten = (error?: Error | null): void => {
    if (error) fault ??= error.message;
    else if (!isClosing) deadline.refresh();
  };

  const next = (): void => {
    if (round === rounds) {
      ws.close(1000);
      expectClose();
      return;
    }
    expected = constant ?? `Hello ${round}`;
    ws.send(expected, onWritten);
    deadline.refresh();
  };

  ws.on('message', (data: Buffer, isBinary: boolean) => {
    if (isClosing) return;
    const isEcho =
      typeof expected === 'string'
        ? !isBinary && data.toString() === expected
        : isBinary && data.equals(expected);
    if (!isEcho) mismatches++;
    round++;
    next();
  });
  ws.on('error', (error) => {
    fault ??= error.message;
  });
  ws.on('close', () => {
    clearTimeout(deadline);
    const isDone = fault === undefined && round === rounds && mismatches === 0;
    outcomes[isDone ? 'done' : 'error']++;
  });
  next();
}

const conversation = conversationOf(process.argv.slice(2));
const server = new WebSocketServer({
  host: '127.0.0.1',
  port: 0,
  perMessageDeflate: false,
  maxPayload: MAX_PAYLOAD,
});
server.on('connection', (ws) => converse(ws, conversation));
server.on('listening', () => void serveBench((server.address() as AddressInfo).port));
