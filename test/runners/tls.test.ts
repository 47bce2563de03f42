/** The PEM files of the client: the two ends show and trust certificates, and a wrong file is named. */
import { createPrivateKey, generateKeyPairSync, type KeyExportOptions } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import * as assert from 'uvu/assert';
import { WebSocketServer } from 'ws';
import { CommandError } from '../../runners/command.js';
import { readTlsFiles, type TlsFlags } from '../../runners/tlsFiles.js';
import { runCli } from '../support/cli.js';
import { folderWith, pemPath } from '../support/files.js';
import { portOf } from '../support/portOf.js';
import { suite, type TestContext } from '../support/suite.js';

const CERT = readFileSync(pemPath('cert.pem'), 'utf8');
const KEY = readFileSync(pemPath('key.pem'), 'utf8');

/** Writes a file into a folder of its own; returns its path. */
function file(context: TestContext, text: string): string {
  return `${folderWith(context, { 'file.pem': text })}/file.pem`;
}

/** A TLS server that wants to see a certificate of the client's. */
async function strictServer(context: TestContext): Promise<string> {
  const https = createServer({ key: KEY, cert: CERT, ca: CERT, requestCert: true });
  new WebSocketServer({ server: https }).on('connection', (ws) => ws.close(1000));
  return `wss://localhost:${await portOf(https, context)}/`;
}

const newKey = (): string =>
  generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  }).privateKey;

const lockedKey = (): string =>
  generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  }).privateKey;

/** Stands for the path of a test's file. */
const FILE = 'FILE';

/** Why files cannot be used. */
function reasonAgainst(flags: TlsFlags): string {
  try {
    readTlsFiles(flags);
  } catch (error) {
    if (error instanceof CommandError) return error.message;
    throw error;
  }
  throw new Error('the files were taken');
}

suite('TLS of the client', (test) => {
  test('shows its certificate to a server that requires one', async (context) => {
    const url = await strictServer(context);
    const trusting = ['client', url, '--ca', pemPath('cert.pem')];
    assert.is((await runCli(context, ...trusting)).status, 1);
    // Both may stand in one file.
    const both = file(context, `${KEY}${CERT}`);
    for (const [cert, key] of [
      [pemPath('cert.pem'), pemPath('key.pem')],
      [both, both],
    ] as const) {
      const { status } = await runCli(context, ...trusting, '--cert', cert, '--key', key);
      assert.is(status, 0);
    }
  }, 20_000);
});

suite('the PEM files of the client', (test) => {
  const broken = `${CERT}\n${CERT.replace(/\n.+\n/, '\n')}`;
  const wrong: [title: string, text: string, flags: TlsFlags, message: RegExp][] = [
    [
      'has no certificate',
      `# my authorities\n${KEY}`,
      { ca: FILE },
      /^expected --ca to name a PEM file with a certificate, but FILE has none: name one that has a line -----BEGIN CERTIFICATE-----$/,
    ],
    [
      'has a broken certificate behind a good one',
      broken,
      { ca: FILE },
      /^expected --ca to name a PEM file with whole certificates, but number 2 in FILE cannot be read \(error:.*\): mend the file$/,
    ],
    [
      'ends inside a certificate',
      CERT.slice(0, -40),
      { cert: FILE, key: pemPath('key.pem') },
      /^expected --cert to name a PEM file with whole certificates, but number 1 in FILE cannot be read \(error:.*\): mend the file$/,
    ],
    [
      'has no private key',
      CERT,
      { cert: pemPath('cert.pem'), key: FILE },
      /^expected --key to name a PEM file with a private key, but FILE has none that can be read \(.*\): name another, or give --passphrase-file where it is encrypted$/,
    ],
    [
      'has an encrypted private key',
      lockedKey(),
      { cert: pemPath('cert.pem'), key: FILE },
      /^expected --key to name a PEM file with a private key, but FILE has none that can be read \(.*\): name another, or give --passphrase-file where it is encrypted$/,
    ],
    [
      'has a key that is too weak',
      readFileSync(pemPath('weak.pem'), 'utf8'),
      { cert: FILE, key: FILE },
      /^expected --ca, --cert and --key to be fit for TLS, but they are not \(.*ee key too small\): make new ones$/,
    ],
    [
      'has the key of another certificate',
      newKey(),
      { cert: pemPath('cert.pem'), key: FILE },
      /^expected --key to be the key of the first certificate in --cert, but it is that of another: name the two that belong together$/,
    ],
  ];
  for (const [title, text, flags, message] of wrong) {
    test(`are refused where one ${title}`, (context) => {
      const path = file(context, text);
      const named = Object.entries(flags).map(([name, value]) => [
        name,
        value === FILE ? path : value,
      ]);
      assert.match(reasonAgainst(Object.fromEntries(named)).replace(path, FILE), message);
    });
  }

  test('may hold an encrypted private key, for which a file has the passphrase', (context) => {
    const key = createPrivateKey(KEY).export({
      ...{ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' },
    } as KeyExportOptions<'pem'>);
    const folder = folderWith(context, {
      'key.pem': String(key),
      right: 'secret\r\n# the second line\n',
      wrong: 'other',
    });
    const flags = { cert: pemPath('cert.pem'), key: `${folder}/key.pem` };
    const { passphrase } = readTlsFiles({ ...flags, passphraseFile: `${folder}/right` });
    assert.is(passphrase, 'secret');
    const wrong = { ...flags, passphraseFile: `${folder}/wrong` };
    assert.match(
      reasonAgainst(wrong),
      /with a private key for this passphrase, but .*: check the first line of --passphrase-file$/,
    );
    assert.is(
      reasonAgainst({ passphraseFile: `${folder}/right` }),
      'expected --key with --passphrase-file, but it is missing: name the private key that the passphrase is for',
    );
  });

  test('are refused where a certificate comes without its key, or a key without its certificate', () => {
    assert.equal([{ cert: pemPath('cert.pem') }, { key: pemPath('key.pem') }].map(reasonAgainst), [
      'expected --key with --cert, but it is missing: give a client certificate and its private key together',
      'expected --cert with --key, but it is missing: give a client certificate and its private key together',
    ]);
  });
});
