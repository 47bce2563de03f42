/** The transcripts of the book's two programs, and what differs from run to run in any transcript. */

/** What the server prints for one session. */
export function serverTranscript(rounds = 10): string {
  const lines = ['Echoing'];
  for (let n = 0; n < rounds; n++) {
    lines.push(`Sending to client: Hello ${n}`, `Received back from client: Hello ${n}`);
  }
  return `${lines.join('\n')}\n`;
}

/** What the client prints. */
export function clientTranscript(rounds = 10): string {
  let text = '';
  for (let n = 0; n < rounds; n++) text += `Received from server: Hello ${n}\n`;
  return text;
}

/** A text without the lengths of silences, and without the guess at a long one: a slow machine makes both. */
export function withoutSilence(text: string): string {
  return text
    .replace(/ after \d+\.\d s of silence/g, '')
    .replaceAll('; this looks like an idle timeout on the path', '');
}

/** A trace without the addresses that were attempted, and what their phases took. */
export function withoutAddresses(text: string): string {
  return withoutPhases(text).replace(/(socket\.attempted \w+) \S+/g, '$1 …');
}

/** A trace without the phases of openings, and without the lines that sum these up. */
export function withoutPhases(text: string): string {
  return text
    .replace(/(socket\.(?:attempted \w+ \S+|opened(?: "\w+")?)) after .*/g, '$1')
    .replace(/^client (?:\| )?(?:not )?opened: .*\n/gm, '')
    .replace(/, first message after \d+\.\d+ ms/g, '');
}
