/** What the promises of `message.ts` reject with: a failure of the connection, or its graceful end. */
import type { Blame, Explanation, FailureCode } from '../machines/index.js';
import { sentenceOf } from '../machines/index.js';

/** Why a call failed; `ERR_END_OF_STREAM` is the graceful end, as the book's `io.EOF`. */
export type MessageErrorCode = FailureCode | 'ERR_END_OF_STREAM';

/** What the promises here reject with. */
export class MessageError extends Error {
  override readonly name = 'MessageError';
  readonly code: MessageErrorCode;
  /** Whose fault it was; null at the graceful end. */
  readonly blame: Blame | null;

  constructor(code: MessageErrorCode, blame: Blame | null, message: string) {
    super(message);
    this.code = code;
    this.blame = blame;
  }
}

/** Makes a `MessageError` of an explanation. */
export function messageErrorOf(
  code: MessageErrorCode,
  blame: Blame | null,
  explanation: Explanation,
): MessageError {
  return new MessageError(code, blame, sentenceOf(explanation));
}
