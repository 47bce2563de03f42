/**
 * The preview of a value that throws when it is read.
 *
 * Rule 1. It is no text, so that no text looks like it.
 * Rule 2. This file runs in Node and in the page: it imports nothing of either.
 */
/** The preview of a value that throws. */
export const UNREADABLE = { unreadable: true };

/** The words for such a value. */
export const UNREADABLE_WORDS = 'an unreadable value';

/** Whether a preview is that of a value that throws. */
export function isUnreadable(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('unreadable' in value)) return false;
  return value.unreadable === true && Object.keys(value).length === 1;
}
