/** The error with which the compiler refuses a machine. */

/** Throws the error that names the state and the reason for which a machine cannot be compiled. */
export function unsupported(stateId: string, reason: string): never {
  throw new Error(
    `cannot compile the state "${stateId}": ${reason}; run the machine itself instead`,
  );
}
