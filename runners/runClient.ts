/** Runs the client: dials, and takes its part in the conversation until the stream ends. */
import { dial } from '../adapters/ws.js';
import type { Inspecting } from '../inspector/index.js';
import { type Conversation, converse, pingsBeside } from './conversation.js';
import { type Lines, timedIf } from './output.js';
import type { Reaching } from './reaching.js';
import { type Output, Report, type Reporting } from './report.js';

export interface ClientOptions {
  url: string;
  reaching: Reaching;
  conversation: Conversation;
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
  const { url, reaching, conversation, reporting, inspecting } = options;
  const { role } = conversation;
  const { closeTimeout } = conversation.settings;
  const timed = timedIf(reporting.timestamps, lines);
  const { inspect } = inspecting ?? {};
  const output: Output = { role, peer: 'server', reporting, lines: timed, inspect };
  const report = new Report(output, 'client');
  const common = report.actorOptions;
  return new Promise((resolve) => {
    const opening = dial(
      url,
      (ws, handshake) => {
        const session = converse(conversation, ws, { handshake, ...common });
        inspecting?.connected(session, handshake.socket);
        const pings = pingsBeside(conversation, ws, session, report);
        report.follow(session, ({ outcome }) => resolve(outcome));
        session.start();
        pings?.start();
      },
      { ...reaching, closeTimeout, ...common, id: 'opening' },
    );
    report.followOpening(opening, ({ outcome }) => {
      if (outcome !== 'opened') resolve(outcome);
    });
    opening.start();
    if (stop.aborted) report.requestStop();
    else stop.addEventListener('abort', () => report.requestStop(), { once: true });
  });
}
