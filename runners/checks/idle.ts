/**
 * Runs the experiment `idle`, in two rounds of connections side by side: silences of many lengths, and then,
 * where silent connections are cut, silences between and connections with a keeper.
 *
 * Rule 1. Where nothing is cut, there is no second round.
 */
import {
  cutOf,
  type Finding,
  firstSilences,
  furtherSilences,
  type IdleInput,
  type IdleOutput,
  idle,
  judgeIdle,
  keepersFor,
  keeping,
} from '../../machines/checks/index.js';
import { endOf, type Laboratory, nameOf } from './laboratory.js';

/** What differs between the connections of a round. */
type Plan = Pick<IdleInput, 'silence' | 'keeper' | 'beatInterval'>;

/** Measures how silence is borne. */
export async function runIdle(laboratory: Laboratory): Promise<Finding[]> {
  const { near, idleUpTo } = laboratory;
  const { farEnd } = near;
  const first = await runRound(laboratory, firstSilences(idleUpTo).map(silent));
  const cut = cutOf(first);
  const isHopeless = cut?.between[1] === 0;
  if (cut === undefined || isHopeless) {
    return judgeIdle({ farEnd, longest: idleUpTo, silent: first, kept: [] });
  }
  const keepers = keepersFor(farEnd).map((keeper) => ({ keeper, ...keeping(cut) }));
  const second = await runRound(laboratory, [...furtherSilences(cut).map(silent), ...keepers]);
  const there = await endOf(laboratory, longestOf(first)?.sent.name ?? null);
  return judgeIdle({
    farEnd,
    longest: idleUpTo,
    silent: [...first, ...second.filter(({ sent }) => sent.keeper === null)],
    kept: second.filter(({ sent }) => sent.keeper !== null),
    ...(there !== undefined && { there }),
  });
}

function silent(silence: number): Plan {
  return { silence, keeper: null, beatInterval: 0 };
}

function longestOf(outputs: readonly IdleOutput[]): IdleOutput | undefined {
  return outputs.toSorted((a, b) => b.sent.silence - a.sent.silence)[0];
}

/** Runs connections side by side. Those that do not open are left out, unless none opens. */
async function runRound(
  { near, answerTimeout, waiting }: Laboratory,
  plans: readonly Plan[],
): Promise<IdleOutput[]> {
  const { farEnd } = near;
  waiting('idle', Math.max(...plans.map(({ silence }) => silence)));
  const runs = plans.map((plan) => {
    const name = farEnd === 'ours' ? nameOf() : null;
    return near.run(idle, { farEnd, name, answerTimeout, ...plan });
  });
  const results = await Promise.allSettled(runs);
  const outputs = results.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
  if (outputs.length === 0) await Promise.all(runs);
  return outputs;
}
