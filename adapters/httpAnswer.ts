/** Writes answers in HTTP that close their connection. Callers decide which answer. */
import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** An answer; `headers` are added to those that every answer has, or replace them. */
export interface Answer {
  status: number;
  headers: { readonly [name: string]: string };
  body: string;
}

/** Answers a request that Node has parsed. */
export function respond(response: ServerResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, headersOf(headers, body)).end(body);
}

/** Answers on a socket that Node has handed over, and closes the connection; `method` is the request's. */
export function answerOn(socket: Duplex, { status, headers, body }: Answer, method = ''): void {
  const lines = Object.entries(headersOf(headers, body)).map((header) => header.join(': '));
  // RFC 9110, 9.3.2
  const content = method === 'HEAD' ? '' : body;
  socket.on('error', () => socket.destroy());
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join('\r\n')}\r\n\r\n${content}`,
    () => socket.destroy(),
  );
}

function headersOf(headers: Answer['headers'], body: string): { [name: string]: string | number } {
  const content = { 'Content-Type': 'text/plain; charset=utf-8' };
  return { Connection: 'close', ...content, 'Content-Length': Buffer.byteLength(body), ...headers };
}
