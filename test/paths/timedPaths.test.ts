/** What proxies of our own do after a time, or slowly, by plain means. */
import * as assert from 'uvu/assert';
import { OPCODE } from '../support/frames.js';
import {
  bothWays,
  expectCut,
  expectCutDespite,
  expectEcho,
  expectSilence,
  isKeptByPings,
  passesAll,
  ping,
  repeat,
} from './expect.js';
import { connectThrough, type PathTests, pathSuites } from './pathSuite.js';
import { timedPaths } from './paths.js';

/** Expects an idle timeout to end a silent connection in this way, for both ends. */
const cutsIdle = (how: string): PathTests => ({
  'cuts a silent connection': async ({ connect, figures }) => {
    const { client, server } = await connect();
    await expectCut(client, how, figures.idleMs as number);
    assert.is(await server.next(), how);
  },
  'is kept by pings of either end': isKeptByPings,
});

/** Expects a busy connection to be cut. */
const cutsBusy = (how: string): PathTests => ({
  'cuts a busy connection': async ({ connect, figures }) => {
    const { client, server } = await connect();
    const write = (): void => client.send('busy');
    await expectCutDespite(write, [client, server], how, figures.lifetimeMs as number);
  },
});

const CUT = 'close 1001 cut by the path';

pathSuites(timedPaths, {
  blackHole: {
    'accepts, and forwards nothing': async (rig) => {
      const answers: string[] = [];
      const note = (what: unknown): unknown => answers.push(String(what));
      rig.dial().then(note, () => {});
      // The far end gets the request of another path first, and nobody gets an answer but its client.
      await expectSilence(rig);
      assert.equal(answers, []);
    },
  },
  holeAfterHandshake: {
    'opens, and then passes neither frames nor the end of TCP': async (rig) => {
      const { client, server } = await rig.connect();
      client.send('lost');
      client.fin();
      server.send('lost, too');
      await expectSilence(rig, client, server);
    },
  },
  trickled: {
    ...passesAll,
    'brings a frame in pieces': async ({ connect }) => {
      const { client, server } = await connect();
      const sizes: number[] = [];
      client.socket.on('data', (chunk) => sizes.push(chunk.length));
      server.send('x'.repeat(100));
      assert.is(await client.next(), `text "${'x'.repeat(100)}"`);
      assert.ok(sizes.length > 1, `the frame came in ${sizes.length} pieces`);
    },
  },
  heldBack: {
    'brings a small message late, and a large one at once': (rig) =>
      bothWays(rig, async (from, to) => {
        from.send('small');
        await expectCut(to, 'text "small"', rig.figures.heldMs as number);
        const began = performance.now();
        from.send('x'.repeat(2_000));
        await to.next();
        assert.ok(performance.now() - began < (rig.figures.heldMs as number));
      }),
  },
  idleByFin: cutsIdle('fin'),
  idleByReset: cutsIdle('reset'),
  idleByClose: cutsIdle(CUT),
  idleBySilence: {
    'becomes a black hole when a path of the same timeout is cut': async (rig) => {
      const { client, server } = await rig.connect();
      const witness = await connectThrough(
        await timedPaths.idleByFin.open(rig.far.port, rig.context),
        rig.far,
        rig.context,
      );
      assert.is(await witness.client.next(), 'fin');
      client.send('lost');
      server.send('lost, too');
      await expectSilence(rig, client, server);
    },
  },
  idleDespitePings: {
    'cuts a connection on which the client pings': async ({ connect, figures }) => {
      const { client, server } = await connect();
      const write = (): void => client.write({ opcode: OPCODE.ping });
      await expectCutDespite(write, [client, server], 'fin', figures.idleMs as number);
    },
    'is kept by messages': async ({ connect, figures }) => {
      const connection = await connect();
      await repeat(5, figures.idleMs as number, () => expectEcho(connection));
    },
  },
  idleToClient: {
    'cuts a connection on which only the client speaks': async ({ connect, figures }) => {
      const { client, server } = await connect();
      const write = (): void => client.send('busy');
      await expectCutDespite(write, [client, server], 'fin', figures.idleMs as number);
    },
    'is kept by pings of the server': async ({ connect, figures }) => {
      const connection = await connect();
      await ping(connection.server, connection.client, 5, figures.idleMs as number);
      await expectEcho(connection);
    },
  },
  lifetimeByFin: cutsBusy('fin'),
  lifetimeByClose: cutsBusy(CUT),
});
