import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execute } from '../local/program.ts';

/** Is a certificate and its key, as files. */
export interface Certificate {
  cert: string;
  key: string;
}

/** Issues the certificates of one cluster from one authority of its own; they last 30 days. */
export interface Authority {
  cert: string;
  folder: string;
  /** Issues one certificate for a name, its groups, and the addresses that it serves. */
  issue(name: string, options?: { groups?: readonly string[]; serves?: readonly string[] }): Promise<Certificate>;
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-noenc', '-days', '30'];

/** Makes an authority in a folder, by openssl 3 or newer. */
export async function createAuthority(folder: string): Promise<Authority> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const [cert, key] = [join(folder, 'ca.crt'), join(folder, 'ca.key')];
  const request = ['openssl', 'req', '-x509', ...newKey];
  await execute([...request, '-subj', '/CN=kilat-cluster', '-keyout', key, '-out', cert]);
  return {
    cert,
    folder,
    async issue(name, { groups = [], serves = [] } = {}) {
      const file = name.replaceAll(':', '-');
      const issued = { cert: join(folder, `${file}.crt`), key: join(folder, `${file}.key`) };
      const subject = `/${groups.map((group) => `O=${group}/`).join('')}CN=${name}`;
      const extensions = [
        '-addext',
        'basicConstraints=critical,CA:false',
        '-addext',
        'extendedKeyUsage=clientAuth,serverAuth',
      ];
      if (serves.length > 0) extensions.push('-addext', `subjectAltName=${serves.map(alternative).join(',')}`);
      const files = ['-keyout', issued.key, '-out', issued.cert];
      await execute([...request, '-CA', cert, '-CAkey', key, '-subj', subject, ...extensions, ...files]);
      return issued;
    },
  };
}

/** Writes a key pair with which a cluster signs the tokens of its service accounts. */
export function writeSigningKey(folder: string): { publicKey: string; privateKey: string } {
  const pair = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'sec1', format: 'pem' },
  });
  const files = { publicKey: join(folder, 'sa.pub'), privateKey: join(folder, 'sa.key') };
  writeFileSync(files.publicKey, pair.publicKey);
  writeFileSync(files.privateKey, pair.privateKey, { mode: 0o600 });
  return files;
}

function alternative(address: string): string {
  return `${/^[\d.]+$/.test(address) ? 'IP' : 'DNS'}:${address}`;
}
