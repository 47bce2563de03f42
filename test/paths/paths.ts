/** Every path that `npm run test:paths` knows. */
import { caddyPaths } from './caddy.js';
import { forwardPaths } from './forwardProxies.js';
import { framePaths } from './framePaths.js';
import { haproxyPaths } from './haproxy.js';
import { nginxPaths } from './nginx.js';
import type { Path } from './path.js';
import { timedPaths } from './timedPaths.js';

export { caddyPaths, forwardPaths, framePaths, haproxyPaths, nginxPaths, timedPaths };

export const PATHS: readonly Path[] = [
  nginxPaths,
  haproxyPaths,
  caddyPaths,
  forwardPaths,
  framePaths,
  timedPaths,
].flatMap((paths) => Object.values<Path>(paths));
