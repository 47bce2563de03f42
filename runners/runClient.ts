/** Runs the client: dials, and takes its part in the conversation until the stream ends. */
import type { ClientOptions as WsOptions } from 'ws';
import { dial } from '../adapters/ws.js';
import type { Inspecting } from '../inspector/index.js';
import type { OpeningSettings } from '../machines/index.js';
import { type Conversation, converse } from './conversation.js';
import type { Lines } from './output.js';
import { type Output, Report, type Reporting } from './report.js';

export interface ClientOptions {
  url: string;
  opening: OpeningSettings;
  conversation: Conversation;
  subprotocols: string[];
  ws: WsOptions;
  reporting: Reporting;
  /** The inspector that sees the session. */
  inspecting?: Inspecting | undefined;
}

/**
 * Runs one session to its end, and resolves with its outcome; `stop` ends it early, through its machine. An
 * opening that fails is its end too.
 */
export function runClient(
  options: ClientOptions,
  lines: Lines,
  stop: AbortSignal,
): Promise<'done' | 'stopped' | 'error'> {
  const { url, opening: settings, conversation, subprotocols, ws, reporting, inspecting } = options;
  const { role } = conversation;
  const { closeTimeout } = conversation.settings;
  const output: Output = { role, peer: 'server', reporting, lines, inspect: inspecting?.inspect };
  const report = new Report(output, 'client');
  const common = report.actorOptions;
  return new Promise((resolve) => {
    const opening = dial(
      url,
      (socket, handshake) => {
        const session = converse(conversation, socket, { handshake, ...common });
        inspecting?.connected(session, handshake.socket);
        report.follow(session, ({ outcome }) => resolve(outcome));
        session.start();
      },
      { settings, closeTimeout, subprotocols, ws, ...common, id: 'opening' },
    );
    report.followOpening(opening, ({ outcome }) => {
      if (outcome !== 'opened') resolve(outcome);
    });
    opening.start();
    if (stop.aborted) report.requestStop();
    else stop.addEventListener('abort', () => report.requestStop(), { once: true });
  });
}
