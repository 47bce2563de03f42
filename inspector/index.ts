/**
 * The public face of inspection: one object for all sessions of a process, to be closed after them.
 *
 * Rule 1. A runner loads this file with `import()` when somebody inspects. Nobody else pays for it.
 * Rule 2. A record goes to every sink: the local page, the inspector of another process, a file.
 */
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { InspectionEvent } from 'xstate';
import { Observer } from './observer.js';
import { Producer } from './producer.js';
import { Recorder } from './recording.js';
import type { InspectorRecord, Sink } from './records.js';
import { Relay } from './relay.js';

export { RecordingError } from './recording.js';
export { type ReplayServer, serveReplay } from './replay.js';

/** The sinks of the records; any of these together. */
export interface InspectOptions {
  /** The name of this process in the page, such as `server`. */
  name: string;
  /** Serves the page from this process on this port of 127.0.0.1; 0 for any free one. */
  port?: number;
  /** Sends the records to the inspector of another process, by its URL to join. */
  connect?: string;
  /** Writes a recording to this file. */
  file?: string;
  /** Called with one sentence when something fails later; the sessions continue. */
  onTrouble(message: string): void;
}

/** Inspection under way. */
export interface Inspecting {
  /** The option `inspect` for every actor that is to be seen. */
  inspect(event: InspectionEvent): void;
  /** Records the addresses of a session's socket. By these the page finds the two ends of a connection. */
  connected(actor: object, socket: Socket): void;
  /** The URL of the page, where it is served. Whoever has the URL can watch: its token is a secret. */
  url: string | undefined;
  /** The URL for `connect` of other processes. */
  joinUrl: string | undefined;
  /** Resolves when the first page watches; never, where no page is served. */
  viewed: Promise<void>;
  /**
   * Hands over the last records, closes the pages, and resolves within this many ms; never later than after
   * 2,000. Whoever has not read the last records by then is cut off.
   */
  close(within?: number): Promise<void>;
}

/** How long `close` waits at most, in ms. */
const CLOSE_MS = 2_000;

/**
 * Starts to inspect. Rejects with the system's error where it cannot listen on the port or open the file. An
 * inspector elsewhere that does not answer is no error: `onTrouble` gets a sentence.
 */
export async function startInspecting(options: InspectOptions): Promise<Inspecting> {
  const { name, port, connect, file, onTrouble } = options;
  const sinks: Sink[] = [];
  let relay: Relay | undefined;
  if (port !== undefined) {
    relay = new Relay();
    await relay.listen(port);
    sinks.push(relay);
  }
  try {
    if (file !== undefined) sinks.push(new Recorder(file, onTrouble));
  } catch (error) {
    await relay?.close(0);
    throw error;
  }
  if (connect !== undefined) {
    const producer = new Producer(connect, onTrouble);
    await producer.ready();
    sinks.push(producer);
  }
  const write = (record: InspectorRecord, line: string): void => {
    for (const sink of sinks) sink.write(record, line);
  };
  const run = randomBytes(6).toString('hex');
  const observer = new Observer({ run, name, pid: process.pid }, write, onTrouble);
  return {
    inspect: observer.inspect,
    connected: (actor, socket) => {
      const { local, remote } = endsOf(socket);
      observer.connected(actor, local, remote);
    },
    url: relay?.url,
    joinUrl: relay?.joinUrl,
    viewed: relay?.viewed ?? new Promise(() => {}),
    close: async (within = CLOSE_MS) => {
      observer.end();
      const ms = Math.max(0, Math.min(within, CLOSE_MS));
      await Promise.all(sinks.map((sink) => sink.close(ms)));
    },
  };
}

/** The two addresses of a socket, as both ends of the connection write them. */
function endsOf(socket: Socket): { local: string; remote: string } {
  const { localAddress, localPort, remoteAddress, remotePort } = socket;
  return {
    local: endpointOf(localAddress, localPort),
    remote: endpointOf(remoteAddress, remotePort),
  };
}

function endpointOf(address: string | undefined, port: number | undefined): string {
  // A destroyed socket has no address.
  if (address === undefined || port === undefined) return '';
  // A server on both families sees IPv4 within IPv6; its client does not.
  const plain = address.replace(/^::ffff:(?=\d)/, '');
  return plain.includes(':') ? `[${plain}]:${port}` : `${plain}:${port}`;
}
