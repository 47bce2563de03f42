/** Certificates for the TLS of a path, made by openssl for one test. Each has a defect, or none. */
import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';

/** What a certificate is made for. */
export interface CertificateOptions {
  /** The DNS name that it is for. */
  name: string;
  /** The days from now for which it is valid; one that has expired has less than 0. */
  days?: number;
  /** Whether it signs itself, rather than being signed by the authority of the folder. */
  isSelfSigned?: boolean;
}

const NEW_KEY = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'.split(' ');

/** Makes the authority that signs the certificates of a folder; returns the path of its PEM file. */
export function makeAuthority(folder: string): string {
  const files = ['-keyout', `${folder}/ca.key`, '-out', `${folder}/ca.pem`];
  openssl('req', '-x509', ...NEW_KEY, ...files, '-subj', '/CN=Authority of a test');
  return `${folder}/ca.pem`;
}

/** Makes a certificate and its key; returns the path of the PEM file that has both. */
export function makeCertificate(folder: string, options: CertificateOptions): string {
  const { name, days = 30, isSelfSigned = false } = options;
  const [key, request, pem] = ['key', 'csr', 'crt'].map((kind) => `${folder}/${name}.${kind}`);
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`];
  if (isSelfSigned) {
    openssl('req', '-x509', ...NEW_KEY, '-keyout', `${key}`, '-out', `${pem}`, ...subject);
  } else {
    openssl('req', ...NEW_KEY, '-keyout', `${key}`, '-out', `${request}`, ...subject);
    const authority = ['-CA', `${folder}/ca.pem`, '-CAkey', `${folder}/ca.key`];
    const files = ['-in', `${request}`, '-out', `${pem}`, '-copy_extensions', 'copy'];
    openssl('x509', '-req', ...files, ...authority, '-days', String(days));
  }
  const both = `${folder}/${name}.pem`;
  writeFileSync(both, `${readFileSync(`${pem}`)}${readFileSync(`${key}`)}`);
  chmodSync(both, 0o644);
  return both;
}

/** Hashes a password for the files of nginx and squid. */
export function hashedPassword(password: string): string {
  return openssl('passwd', '-apr1', password).trim();
}

/** Whether openssl is installed. */
export function hasOpenssl(): boolean {
  return spawnSync('openssl', ['version'], { stdio: 'ignore' }).status === 0;
}

function openssl(...args: string[]): string {
  const { status, stdout, stderr, error } = spawnSync('openssl', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`openssl ${args[0]} failed: ${error ?? stderr}`);
  return stdout;
}
