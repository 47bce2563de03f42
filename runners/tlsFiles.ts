/**
 * The files of `--ca`, `--cert`, `--key` (PEM) and `--passphrase-file`, checked before anything is dialled.
 *
 * Rule 1. A file that cannot be used is an error. OpenSSL would accept a file without certificates,
 *         and would stop reading at a broken one, both in silence.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';
import { CommandError } from './command.js';
import { reasonOf, shownPath } from './explain.js';

/** The paths of the files. */
export interface TlsFlags {
  ca?: string;
  cert?: string;
  key?: string;
  passphraseFile?: string;
}

/** The contents of the files, under the names that `ws` and `node:tls` give them. */
export interface TlsFiles {
  ca?: string;
  cert?: string;
  key?: string;
  passphrase?: string;
}

/** Reads the files; throws a `CommandError`. */
export function readTlsFiles({ ca, cert, key, passphraseFile }: TlsFlags): TlsFiles {
  if (passphraseFile !== undefined && key === undefined) {
    throw new CommandError({
      expected: '--key with --passphrase-file',
      came: 'it is missing',
      remedy: 'name the private key that the passphrase is for',
    });
  }
  if (ca === undefined && cert === undefined && key === undefined) return {};
  if ((cert === undefined) !== (key === undefined)) {
    const [given, missing] = cert === undefined ? ['--key', '--cert'] : ['--cert', '--key'];
    throw new CommandError({
      expected: `${missing} with ${given}`,
      came: 'it is missing',
      remedy: 'give a client certificate and its private key together',
    });
  }
  const passphrase = passphraseFile === undefined ? undefined : readPassphrase(passphraseFile);
  const files: TlsFiles = {
    ...(ca !== undefined && { ca: readCertificates('--ca', ca) }),
    ...(cert !== undefined && { cert: readCertificates('--cert', cert) }),
    ...(key !== undefined && { key: readKey(key, passphrase) }),
    ...(passphrase !== undefined && { passphrase }),
  };
  checkPair(files);
  try {
    createSecureContext(files);
  } catch (error) {
    throw new CommandError({
      expected: '--ca, --cert and --key to be fit for TLS',
      came: `they are not (${reasonOf(error)})`,
      remedy: 'make new ones',
    });
  }
  return files;
}

function readFile(option: string, path: string, kind = 'PEM file'): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new CommandError({
      expected: `${option} to name a readable ${kind}`,
      came: `could not read ${shownPath(path)} (${reasonOf(error)})`,
      remedy: 'check the path',
    });
  }
}

const CERTIFICATE = /^-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/;

function readCertificates(option: string, path: string): string {
  const text = readFile(option, path);
  const parts = text.split(/^(?=-----BEGIN )/m);
  const certificates = parts.filter((part) => CERTIFICATE.test(part));
  if (certificates.length === 0) {
    throw new CommandError({
      expected: `${option} to name a PEM file with a certificate`,
      came: `${path} has none`,
      remedy: 'name one that has a line -----BEGIN CERTIFICATE-----',
    });
  }
  for (const [index, certificate] of certificates.entries()) {
    try {
      new X509Certificate(certificate);
    } catch (error) {
      throw new CommandError({
        expected: `${option} to name a PEM file with whole certificates`,
        came: `number ${index + 1} in ${path} cannot be read (${reasonOf(error)})`,
        remedy: 'mend the file',
      });
    }
  }
  return text;
}

/** The passphrase is the first line. */
function readPassphrase(path: string): string {
  const [line = ''] = readFile('--passphrase-file', path, 'file').split(/\r?\n/, 1);
  return line;
}

function readKey(path: string, passphrase: string | undefined): string {
  const text = readFile('--key', path);
  try {
    createPrivateKey({ key: text, ...(passphrase !== undefined && { passphrase }) });
  } catch (error) {
    const isGiven = passphrase !== undefined;
    throw new CommandError({
      expected: `--key to name a PEM file with a private key${isGiven ? ' for this passphrase' : ''}`,
      came: `${shownPath(path)} has none that can be read (${reasonOf(error)})`,
      remedy: isGiven
        ? 'check the first line of --passphrase-file'
        : 'name another, or give --passphrase-file where it is encrypted',
    });
  }
  return text;
}

function checkPair({ cert, key, passphrase }: TlsFiles): void {
  if (cert === undefined || key === undefined) return;
  const options = { key, ...(passphrase !== undefined && { passphrase }) };
  if (new X509Certificate(cert).checkPrivateKey(createPrivateKey(options))) return;
  throw new CommandError({
    expected: '--key to be the key of the first certificate in --cert',
    came: 'it is that of another',
    remedy: 'name the two that belong together',
  });
}
