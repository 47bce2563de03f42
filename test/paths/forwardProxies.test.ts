/** What forward proxies do to a WebSocket, by plain means. */
import * as assert from 'uvu/assert';
import { endsBothWays, expectCut, isKeptByPings, passesAll } from './expect.js';
import { type PathTests, pathSuites } from './pathSuite.js';
import { forwardPaths } from './paths.js';

/** Expects a refusal of the proxy, with this status. */
const refuses = (status: number): PathTests => ({
  [`answers ${status} itself`]: async ({ dial }) => {
    const answer = await dial();
    assert.equal([answer.from, answer.status], ['proxy', status]);
    if (status === 407) assert.match(answer.lines.join('\n'), /^Proxy-Authenticate: Basic /m);
  },
});

pathSuites(forwardPaths, {
  squid: { ...passesAll, ...endsBothWays },
  squidPorts: refuses(403),
  squidWithout: refuses(407),
  squidWith: passesAll,
  tinyproxy: { ...passesAll, ...endsBothWays },
  tinyproxyPorts: refuses(403),
  tinyproxyWithout: refuses(407),
  tinyproxyWith: passesAll,
  tinyproxyTimeout: {
    'ends a silent connection': async ({ connect, figures }) => {
      const { client, server } = await connect();
      await expectCut(client, 'fin', figures.idleMs as number);
      assert.is(await server.next(), 'fin');
    },
    'is kept by pings of either end': isKeptByPings,
  },
});
