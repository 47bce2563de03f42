/** Registers nothing. */
export {};
