/**
 * Inspection, for whoever runs sessions: one object to give them, and to close when they are over.
 *
 * Rule 1. It is loaded when it is asked for, with `import()`, and costs nothing before.
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

/** Where sessions are to be seen; any of these together. */
export interface InspectOptions {
  /** What runs, such as `server`: the name of this process in the page. */
  name: string;
  /** Serves the page from this process on this port of 127.0.0.1; 0 for any free one. */
  port?: number;
  /** Tells the inspector of another process, by the URL to join that it gave. */
  connect?: string;
  /** Writes a recording to this file. */
  file?: string;
  /** Told in one sentence what goes wrong later; the sessions go on. */
  onTrouble(message: string): void;
}

/** Inspection under way. */
export interface Inspecting {
  /** The option `inspect` of every actor that is to be seen. */
  inspect(event: InspectionEvent): void;
  /** Tells the addresses of a session's socket: by them the two ends of a connection are found. */
  connected(actor: object, socket: Socket): void;
  /** The page's URL, where it is served; its token lets people watch, so keep it to yourself. */
  url: string | undefined;
  /** The URL for `connect` of other processes. */
  joinUrl: string | undefined;
  /** Resolves when the first page watches; never, where none is served. */
  viewed: Promise<void>;
  /** Hands over what is left, says goodbye to the pages, and resolves within seconds. */
  close(): Promise<void>;
}

/**
 * Starts to inspect. Rejects with the system's error where the port cannot be listened on or the file
 * not be opened; an inspector elsewhere that does not answer is trouble, and no error.
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
    await relay?.close();
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
    close: async () => {
      observer.end();
      await Promise.all(sinks.map((sink) => sink.close()));
    },
  };
}

/** The two addresses of a socket, as both of its ends would write them. */
function endsOf(socket: Socket): { local: string; remote: string } {
  const { localAddress, localPort, remoteAddress, remotePort } = socket;
  return {
    local: addressOf(localAddress, localPort),
    remote: addressOf(remoteAddress, remotePort),
  };
}

function addressOf(address: string | undefined, port: number | undefined): string {
  // A socket that is gone has no address any more.
  if (address === undefined || port === undefined) return '';
  // A server on both families sees IPv4 within IPv6; its client does not.
  const plain = address.replace(/^::ffff:(?=\d)/, '');
  return plain.includes(':') ? `[${plain}]:${port}` : `${plain}:${port}`;
}
