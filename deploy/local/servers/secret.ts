import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { keepFile } from '../durable.ts';

/** Reads a secret kept in a file that only its owner can read; makes 32 random bytes when there is none. */
export function keptSecret(file: string): string {
  if (existsSync(file)) return readFileSync(file, 'utf8');
  const secret = randomBytes(32).toString('base64url');
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  keepFile(file, secret);
  return secret;
}
