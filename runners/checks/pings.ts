/** The run of the experiment `pings`: each end pings the other. */
import { type Finding, judgePings, type Pinging, pinging } from '../../machines/checks/index.js';
import { endOf, type Laboratory, nameOf, waysOf } from './laboratory.js';

/** The pings of each end: enough for a median. */
const COUNT = 5;

export async function runPings(laboratory: Laboratory): Promise<Finding[]> {
  const { near, answerTimeout } = laboratory;
  const pingings: Pinging[] = [];
  for (const way of waysOf(laboratory)) {
    const name = near.farEnd === 'ours' ? nameOf() : null;
    const sent = { way, count: COUNT, name, answerTimeout };
    const here = await near.run(pinging, sent);
    const there = way === 'there' ? await endOf(laboratory, name) : undefined;
    pingings.push({ sent, here, ...(there !== undefined && { there }) });
  }
  return judgePings(pingings);
}
