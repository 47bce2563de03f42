/** Pings over a real socket, beside a session of which they know only that it leaves. */
import { SimulatedClock } from 'xstate';
import { dial, keepPinging } from '../../adapters/ws.js';
import { type PingsInput, pings } from '../../machines/index.js';
import { OPCODE } from '../support/frames.js';
import { rawServer } from '../support/rawPeer.js';
import type { TestContext } from '../support/suite.js';
import type { Surroundings } from './live.js';
import { LiveSession } from './liveSession.js';

/** A ping, as a peer reads it. */
export function wordsOfPing(ping: number): string {
  return `opcode ${OPCODE.ping} ${Buffer.from(`ping ${ping}`).toString('hex')}`;
}

/** The session beside the pings. */
function aSession(): { session: Parameters<typeof keepPinging>[1]; leave(): void } {
  let tell = (_: { type: string }): void => {};
  const session = {
    send: () => {},
    on: (_: '*', listener: typeof tell) => {
      tell = listener;
    },
  };
  return { session: session as never, leave: () => tell({ type: 'socket.close' }) };
}

/** Pings on a dialled socket, and their peer. */
export async function somePings(input: object, context: TestContext): Promise<Surroundings> {
  const clock = new SimulatedClock();
  const live = new LiveSession(pings);
  const server = await rawServer(context);
  const { session, leave } = aSession();
  dial(server.url, (ws) => {
    context.after(() => ws.terminate());
    const { inspect } = live;
    const actor = keepPinging(ws, session, { settings: input as PingsInput, clock, inspect });
    live.follow(actor);
    actor.start();
  }).start();
  const peer = await server.peer;
  const pong = (): void => {
    const sent = live.steps.flatMap(({ emitted }) =>
      emitted.flatMap((one) => (one.type === 'socket.ping' ? [one.ping] : [])),
    );
    peer.write({ opcode: OPCODE.pong, payload: `ping ${sent.at(-1)}` });
  };
  return {
    session: live,
    clock,
    side: 'dialler',
    stop: leave,
    open: () => {},
    acts: { 'socket.ponged': pong },
    refuse: () => peer.reset(),
    peer: () => peer,
    hasPeer: () => true,
  };
}
