/** The lines of what the machines of checks emit and are told: the type, and the fields as JSON, cut. */

interface Told {
  type: string;
}

/** The most characters of the fields in a line. */
const SHOWN = 200;

/** Whether only machines of checks emit this. */
export function isOfCheck(event: Told): boolean {
  const isOwn = /^registry\.|^answerer\.|^pings\.begin/.test(event.type);
  return isOwn || 'frames' in event || (event.type === 'socket.ping' && 'data' in event);
}

/** Writes what a machine of checks emits. */
export function checkLine(event: Told): string {
  const sign = event.type.startsWith('answerer.') ? '*' : '>';
  return `${sign} ${event.type}${fieldsOf(event)}`;
}

function fieldsOf({ type: _, ...fields }: Told): string {
  if (Object.keys(fields).length === 0) return '';
  const json = JSON.stringify(fields, (_key, value) =>
    value instanceof Uint8Array ? `${value.length} bytes` : value,
  );
  return json.length <= SHOWN
    ? ` ${json}`
    : ` ${json.slice(0, SHOWN)}… (${json.length} characters)`;
}

/** Writes a fact that a machine of checks is told. */
export function factLineOfCheck(fact: Told): string {
  return `< ${fact.type}${fieldsOf(fact)}`;
}
