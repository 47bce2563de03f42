/**
 * The laboratory: all that the run of an experiment works with, and the questions that several runs ask.
 *
 * Rule 1. A question to a far end that is not of lockstep has no answer, and costs no connection.
 */
import { randomBytes } from 'node:crypto';
import type { ClientOptions } from 'ws';
import {
  type Experiment,
  type Finding,
  type InquiryInput,
  inquiry,
  type Remembered,
  type Tell,
  type Way,
} from '../../machines/checks/index.js';
import type { NearEnd } from '../nearEnd.js';

export interface Laboratory {
  near: NearEnd;
  /** How long each answer of the far end may take, in ms. */
  answerTimeout: number;
  /** The largest message to try, in bytes. */
  upTo: number;
  /** The longest silence that is tried, in ms. */
  idleUpTo: number;
  /** How long a busy connection is held, in ms; undefined where none is. */
  lifetime?: number | undefined;
  /** Tells that an experiment waits for so long, in ms; `Infinity` for an end that somebody else brings. */
  waiting(experiment: Experiment, ms: number): void;
  /** Whether a far end that is not ours may be tried as hard as ours. */
  isThorough: boolean;
}

/** Options of ws for messages whose size counts: the pattern of checks compresses to nearly nothing. */
export const UNCOMPRESSED: ClientOptions = { perMessageDeflate: false };

/** How long a far end may take to notice the end of a connection that is over here, in ms. */
const NOTICED_MS = 200;

/** The ways that a far end can tell apart. */
export function waysOf({ near }: Laboratory): readonly Way[] {
  return near.farEnd === 'ours' ? ['there', 'back'] : ['round'];
}

/** A fresh name for a connection. */
export function nameOf(): string {
  return randomBytes(8).toString('hex');
}

/** How a named connection ended for the far end; null where it does not tell, undefined without a name. */
export async function endOf(
  laboratory: Laboratory,
  name: string | null,
): Promise<Remembered | null | undefined> {
  if (name === null) return undefined;
  const prompt = { ask: 'end', name } as const;
  const tell = await ask(laboratory, prompt, 'end');
  if (tell === null) return null;
  if (tell.end !== null) return tell.end;
  const again = await ask(laboratory, { ask: 'later', ms: NOTICED_MS, prompt }, 'end');
  return again?.end ?? null;
}

/** Asks a far end of ours one thing; null where it is not ours, or tells nothing. `options` are those of ws. */
export async function ask<K extends Tell['tell']>(
  { near, answerTimeout }: Laboratory,
  question: InquiryInput['ask'],
  wants: K,
  options?: ClientOptions,
): Promise<(Tell & { tell: K }) | null> {
  if (near.farEnd !== 'ours') return null;
  const { answer } = await near.run(inquiry, { ask: question, wants, answerTimeout }, options);
  return answer as (Tell & { tell: K }) | null;
}

/** The finding of an experiment that needs a far end that returns messages. */
export function cannotTell(experiment: Experiment): Finding {
  return {
    experiment,
    status: 'unknown',
    blame: null,
    code: 'NEEDS_ECHO',
    message: 'The far end returns no messages, so this cannot be told. Run lockstep server there.',
    facts: {},
  };
}
