/** Every path that `npm run test:paths` knows. */
import { caddyPaths } from './caddy.js';
import { forwardPaths } from './forwardProxies.js';
import { haproxyPaths } from './haproxy.js';
import { nginxPaths } from './nginx.js';
import { ownPaths } from './ownPaths.js';
import type { Path } from './path.js';

export { caddyPaths, forwardPaths, haproxyPaths, nginxPaths, ownPaths };

export const PATHS: readonly Path[] = [
  nginxPaths,
  haproxyPaths,
  caddyPaths,
  forwardPaths,
  ownPaths,
].flatMap((paths) => Object.values<Path>(paths));
