/** An address and a port, as URLs have them: `[::1]:80`. */
export function hostAndPort(address: string, port: number | undefined): string {
  return `${address.includes(':') ? `[${address}]` : address}:${port}`;
}
