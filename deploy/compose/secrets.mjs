// Makes up what is secret at the first start, and the folders of the bucket and of the targets, for who may use them.
import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';

const user = 1000;

for (const name of ['kilat', 'postgres', 'objects']) {
  const file = `/secrets/${name}`;
  if (!existsSync(file)) writeFileSync(file, randomBytes(32).toString('base64url'), { mode: 0o600 });
}
const password = readFileSync('/secrets/postgres', 'utf8');
writeFileSync('/secrets/database-url', `postgres://kilat:${password}@postgres:5432/kilat`, { mode: 0o600 });
chmodSync('/secrets', 0o755);

const folders = ['/objects', '/objects/root', '/objects/root/kilat', '/objects/side', '/scratch', '/scratch/spool'];
for (const folder of folders) mkdirSync(folder, { recursive: true });
for (const name of ['kilat', 'objects', 'database-url']) chownSync(`/secrets/${name}`, user, user);
for (const folder of folders) chownSync(folder, user, user);
