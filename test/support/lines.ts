/** The way out of a runner that a test runs in its own process. */
import type { Lines } from '../../runners/output.js';
import { Readers } from '../../runners/readers.js';

/** Takes everything, and keeps nothing. */
export const noLines: Lines = {
  out: () => {},
  json: () => {},
  document: async () => {},
  err: () => {},
  about: () => {},
  readers: new Readers([]),
};
