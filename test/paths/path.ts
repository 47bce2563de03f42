/**
 * A path: whatever stands between the two ends of a conversation, and how a client enters it.
 *
 * Rule 1. A path is data: a name, the times and sizes that its configuration sets, and how to open it.
 * Rule 2. The name is the subject of a sentence: "nginx without the Upgrade headers".
 * Rule 3. Opening a path starts everything that it needs, in front of a far end that already listens.
 *         Everything ends with the test.
 */
import type { TestContext } from '../support/suite.js';
import type { ProductName } from './products.js';

/** What a client is told to reach the far end through a path. */
export interface EntryPoint {
  /** The URL to dial, with a user and password where the path asks for them. */
  url: string;
  /** The URL of a forward proxy to dial through, with its user and password if it asks for them. */
  proxy?: string;
  /** The PEM file of the authority that the client trusts. */
  ca?: string;
  /** The `host:port` to connect to in place of the URL's; the URL still names the server. */
  connectTo?: string;
  /** The name for SNI and for the certificate, in place of the URL's. */
  servername?: string;
}

/** A path that has been opened. */
export interface OpenPath {
  entry: EntryPoint;
  /** The product's own words on its version; empty for proxies of ours. */
  version: string;
  /** What the product has logged so far. */
  log(): Promise<string>;
  /** Reloads the configuration; resolves once new connections get a new worker. */
  reload?(): Promise<void>;
}

/** What a configuration sets, for tests to hold measured figures against. */
export interface PathFigures {
  /** The silence after which the path cuts a connection, in ms. */
  idleMs?: number;
  /** The age at which the path cuts a connection, or the time that a reload leaves it, in ms. */
  lifetimeMs?: number;
  /** The time for which the path holds a small message back, in ms. */
  heldMs?: number;
  /** The largest message that the path lets through, in bytes. */
  largest?: number;
  /** The time that one end has to end after the FIN of the other, in ms. */
  halfClosedMs?: number;
}

/** A path. */
export interface Path {
  name: string;
  /** Who makes it: a product, or `own` for a proxy of ours. */
  by: ProductName | 'own';
  figures?: PathFigures;
  /** Opens the path in front of the far end that listens on this port of loopback. */
  open(farPort: number, context: TestContext): Promise<OpenPath>;
}
