/**
 * The server session on the project's own adapters, in one of three modes. `compiled` is the default
 * of the adapters, `interpreted` runs the machine itself, and `inspected` runs the machine in the
 * inspector, with no page open.
 */
import { listen } from '../../adapters/listen.js';
import { speak } from '../../adapters/ws.js';
import {
  CLOSE_TIMEOUT,
  conversationOf,
  MAX_PAYLOAD,
  REPLY_TIMEOUT,
  serveBench,
} from './conversation.js';

const [mode, ...rest] = process.argv.slice(2);
const { rounds, bytes } = conversationOf(rest);
const outcomes = { done: 0, stopped: 0, error: 0 };
// An inspected session runs the machine itself.
const inspection = mode === 'compiled' ? {} : { inspect: await observer() };

async function observer(): Promise<() => void> {
  if (mode === 'interpreted') return () => {};
  const trouble = (message: string): void => void process.stderr.write(`${message}\n`);
  const { startInspecting } = await import('../../inspector/index.js');
  const inspecting = await startInspecting({ name: 'bench', port: 0, onTrouble: trouble });
  return inspecting.inspect as () => void;
}
const settings = {
  rounds,
  message: bytes === 0 ? 'Hello {n}' : Buffer.alloc(bytes, 'x').toString('latin1'),
  binary: bytes > 0,
  replyTimeout: REPLY_TIMEOUT,
  closeTimeout: CLOSE_TIMEOUT,
};

const { port } = await listen({
  port: 0,
  host: '127.0.0.1',
  maxPayload: MAX_PAYLOAD,
  connectTimeout: REPLY_TIMEOUT,
  closeTimeout: CLOSE_TIMEOUT,
  onError: (error) => process.stderr.write(`${error.message}\n`),
  onConnection: (ws) => {
    const actor = speak(ws, { settings, ...inspection });
    actor.on('session.ended', ({ output }) => {
      outcomes[output.outcome]++;
    });
    actor.start();
  },
});
await serveBench(port);
