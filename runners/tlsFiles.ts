/**
 * The PEM files of `--ca`, `--cert` and `--key`, checked before anything is dialled.
 *
 * Rule 1. Whatever cannot be used is an error: OpenSSL takes a file without certificates in silence,
 *         and stops reading at a broken one.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext } from 'node:tls';

/** The paths of the files. */
export interface TlsFlags {
  ca?: string;
  cert?: string;
  key?: string;
}

/** What the files hold, by the names that `ws` and `node:tls` have for it. */
export type TlsFiles = TlsFlags;

/** Why a file cannot be used, in one sentence. */
export class TlsFileError extends Error {}

/** Reads the files; throws a `TlsFileError`. */
export function readTlsFiles({ ca, cert, key }: TlsFlags): TlsFiles {
  if (ca === undefined && cert === undefined && key === undefined) return {};
  if ((cert === undefined) !== (key === undefined)) {
    const [given, missing] = cert === undefined ? ['--key', '--cert'] : ['--cert', '--key'];
    throw new TlsFileError(
      `expected ${missing} with ${given}: a client certificate and its private key are given together`,
    );
  }
  const files: TlsFiles = {
    ...(ca !== undefined && { ca: readCertificates('--ca', ca) }),
    ...(cert !== undefined && { cert: readCertificates('--cert', cert) }),
    ...(key !== undefined && { key: readKey(key) }),
  };
  if (files.cert !== undefined && files.key !== undefined) checkPair(files.cert, files.key);
  try {
    createSecureContext(files);
  } catch (error) {
    throw new TlsFileError(
      `expected --ca, --cert and --key to be fit for TLS, but they are not (${reasonOf(error)}): make new ones`,
    );
  }
  return files;
}

function readFile(option: string, path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new TlsFileError(
      `expected ${option} to name a readable PEM file, but could not read ${path} (${reasonOf(error)}): check the path`,
    );
  }
}

const CERTIFICATE = /^-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/;

function readCertificates(option: string, path: string): string {
  const text = readFile(option, path);
  const parts = text.split(/^(?=-----BEGIN )/m);
  const certificates = parts.filter((part) => CERTIFICATE.test(part));
  if (certificates.length === 0) {
    throw new TlsFileError(
      `expected ${option} to name a PEM file with a certificate, but ${path} has none: name one that has a line -----BEGIN CERTIFICATE-----`,
    );
  }
  for (const [index, certificate] of certificates.entries()) {
    try {
      new X509Certificate(certificate);
    } catch (error) {
      throw new TlsFileError(
        `expected ${option} to name a PEM file with whole certificates, but number ${index + 1} in ${path} cannot be read (${reasonOf(error)}): mend the file`,
      );
    }
  }
  return text;
}

function readKey(path: string): string {
  const text = readFile('--key', path);
  try {
    createPrivateKey(text);
  } catch (error) {
    throw new TlsFileError(
      `expected --key to name a PEM file with an unencrypted private key, but ${path} has none (${reasonOf(error)}): name another, or decrypt it with openssl pkey`,
    );
  }
  return text;
}

function checkPair(cert: string, key: string): void {
  if (new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) return;
  throw new TlsFileError(
    'expected --key to be the key of the first certificate in --cert, but it is that of another: name the two that belong together',
  );
}

/** The system's or OpenSSL's reason, without the line break at its end. */
function reasonOf(error: unknown): string {
  return (error as Error).message.trim();
}
