import { readFileSync, writeFileSync } from 'node:fs';
import type { Certificate } from './pki.ts';

/** Writes the file by which a client finds an API server and proves who it is; answers its path. */
export function writeKubeconfig(file: string, server: string, authority: string, client: Certificate): string {
  const data = (path: string) => readFileSync(path).toString('base64');
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'kilat', cluster: { server, 'certificate-authority-data': data(authority) } }],
    users: [
      { name: 'kilat', user: { 'client-certificate-data': data(client.cert), 'client-key-data': data(client.key) } },
    ],
    contexts: [{ name: 'kilat', context: { cluster: 'kilat', user: 'kilat' } }],
    'current-context': 'kilat',
  };
  writeFileSync(file, JSON.stringify(config, undefined, 2), { mode: 0o600 });
  return file;
}
