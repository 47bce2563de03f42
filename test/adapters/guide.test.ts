/**
 * The adapter of the guide in machines/README.md: its code compiles, keeps the contract of adapters,
 * and holds the conversation of the book. Node 20 has no standard `WebSocket`. The class of `ws`
 * stands in for it, and refuses the close codes that the standard refuses.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import { WebSocket } from 'ws';
import { isCut } from '../../adapters/endOfStream.js';
import type { OpeningActor } from '../../adapters/sessionActor.js';
import type { ClientActor } from '../../adapters/ws.js';
import type { SessionUnderTest } from '../support/adapterUnderTest.js';
import { readProjectFile } from '../support/docs.js';
import { startServer } from '../support/sessions.js';
import { suite } from '../support/suite.js';
import { adapterContract } from './contract.js';

interface Guide {
  open(
    opening: OpeningActor,
    url: string,
    subprotocols: string[],
    onOpen: (socket: WebSocket) => void,
  ): void;
  bind(session: SessionUnderTest, socket: WebSocket): void;
  dial(url: string): ClientActor;
}

const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Compiles and loads the code of the guide: its blocks, one after the other, are one module. */
async function loadGuide(): Promise<Guide> {
  const guide = readProjectFile('machines/README.md').split('## Writing an adapter')[1] ?? '';
  const blocks = [...guide.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code);
  // Inside the project, so that the package finds itself by its name.
  const folder = mkdtempSync(`${root}dist/guide-`);
  try {
    writeFileSync(`${folder}/guide.mts`, blocks.join('\n'));
    const options =
      '--ignoreConfig --strict --noUnusedLocals --module nodenext --target es2023 --lib es2023,dom --types node --skipLibCheck';
    const { status, stdout } = spawnSync(
      process.execPath,
      [`${root}node_modules/typescript/bin/tsc`, ...options.split(' '), `${folder}/guide.mts`],
      { encoding: 'utf8' },
    );
    if (status !== 0) throw new Error(`the code of the guide does not compile:\n${stdout}`);
    return (await import(`${folder}/guide.mjs`)) as Guide;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The standard's class, as far as the guide uses it. */
class StandInWebSocket extends WebSocket {
  #waiting = 0;

  constructor(url: string, subprotocols: string[]) {
    super(url, subprotocols);
    // The standard goes on counting the bytes that a broken connection has not written.
    Object.defineProperty(this, 'bufferedAmount', { get: () => this.#waiting });
  }

  override send(data: string | Uint8Array): void {
    const length = Buffer.byteLength(data);
    this.#waiting += length;
    super.send(data, (error?: Error | null) => {
      if (!error && !isCut(this)) this.#waiting -= length;
    });
  }

  override close(code?: number, reason?: string | Buffer): void {
    // ws calls this method too, to echo a code or to end a broken connection: never with a string.
    const isTaken = code === 1000 || (code !== undefined && code >= 3000 && code <= 4999);
    if (typeof reason === 'string' && !isTaken) {
      throw new DOMException(`the code ${code} is refused`, 'InvalidAccessError');
    }
    super.close(code, reason);
  }
}

Object.assign(globalThis, { WebSocket: StandInWebSocket });
const { open, bind, dial } = await loadGuide();

adapterContract({
  name: 'standard WebSocket',
  lacks: {
    accepts: 'the standard has no server',
    reportsStages: 'the opening has no events before its end',
    explainsOpenings: 'its error event says nothing',
    pausesReading: 'it has no pause',
    sendsEveryCloseCode: 'it refuses all but 1000 and those from 3000 on',
    terminates: 'it only closes',
    reportsCloseFrames: 'its close event comes when TCP has ended',
    reportsEndOfTcp: 'its close event has one code for a FIN, a cut and a reset',
    reportsBrokenRules: 'its error event says nothing',
    limitsMessages: 'it has no limit',
  },
  dial: (session, url, { subprotocols }) => {
    open(session.opening, url, subprotocols, (socket) => {
      bind(session, socket);
      session.start();
    });
  },
});

suite('adapter of the guide', (test) => {
  test('holds the conversation of the book', async (context) => {
    const server = await startServer(context, { settings: { rounds: 2 } });
    const session = dial(server.url);
    const output = new Promise<object>((resolve) => {
      session.on('session.ended', (ended) => resolve(ended.output));
    });
    const { end, ...rest } = (await output) as { end: { code: number } };
    assert.equal(rest, { outcome: 'done', exchanges: 2, mismatches: 0, fault: null });
    assert.is(end.code, 1000);
  });
});
