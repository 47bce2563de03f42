/** What the compiler says of a machine that it does not take. */

/** Refuses a part of a machine, naming the state in which it was found. */
export function refuse(stateId: string, what: string): never {
  throw new Error(`cannot compile the state "${stateId}": ${what}; run the machine itself instead`);
}
