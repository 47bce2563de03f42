/**
 * Chooses among transitions: the first whose guard allows it, asked in a loop, or in code that is made
 * for them.
 */

import { canMakeCode, Given, makeCode } from './code.js';
import { Args, type Run } from './run.js';
import type { Candidate } from './table.js';

/** What is chosen among. */
interface Choosable {
  readonly candidate: Candidate;
}

/** Returns the first that is enabled. */
export type Chooser<B extends Choosable> = (run: Run) => B | undefined;

/** What chooses on an event. */
export function chooserOf<B extends Choosable>(branches: readonly B[]): Chooser<B> {
  return canMakeCode
    ? straight(branches, true)
    : (run) => branches.find((one) => isEnabled(one, run));
}

/** What chooses without one. What a guard throws is thrown as it is. */
export function eventlessChooserOf<B extends Choosable>(branches: readonly B[]): Chooser<B> {
  return canMakeCode
    ? straight(branches, false)
    : (run) => branches.find((one) => passes(one, run));
}

function passes({ candidate: { guard } }: Choosable, run: Run): unknown {
  return guard === undefined || guard(run.args, run.row);
}

function isEnabled(branch: Choosable, run: Run): unknown {
  try {
    return passes(branch, run);
  } catch (error) {
    throw blame(branch, run, error);
  }
}

function blame({ candidate }: Choosable, { event }: Run, error: unknown): Error {
  const name = candidate.guardName === undefined ? '' : `'${candidate.guardName}' `;
  // The words are XState's: the error is part of the snapshot.
  return new Error(
    `Unable to evaluate guard ${name}in transition for event '${event.type}' in state node '${candidate.source.id}':\n${(error as Error).message}`,
  );
}

function straight<B extends Choosable>(branches: readonly B[], blames: boolean): Chooser<B> {
  const given = new Given({ Args, blame });
  const lines = ['const args = new Args(run);'];
  for (const branch of branches) {
    const { guard, plain } = branch.candidate;
    const name = given.name(branch);
    if (guard === undefined) {
      lines.push(`return ${name};`);
      break;
    }
    const asked =
      plain === undefined
        ? `${given.name(guard)}(args, run.row)`
        : `${given.name(plain.fn)}(args, ${given.name(plain.params)})`;
    const line = `if (${asked}) return ${name};`;
    lines.push(
      blames ? `try { ${line} } catch (error) { throw blame(${name}, run, error); }` : line,
    );
  }
  return makeCode(['run'], lines.join('\n'), given.all);
}
