import { createHash } from 'node:crypto';
import { chmodSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Bring } from './bring.ts';
import { execute } from './program.ts';
import type { Say } from './progress.ts';

/**
 * Makes a `bring` that takes a program out of the release archive that a variable names, where it is set, and else brings it
 * another way. The variable holds an address (https: or file:) and what its bytes must be: …tar.gz#sha256=….
 */
export function archiveOr(variable: string, program: string, otherwise: Bring): Bring {
  return async (folder, tell) => {
    const wanted = process.env[variable];
    return wanted ? await fromArchive(parse(variable, wanted), program, folder, tell) : await otherwise(folder, tell);
  };
}

interface Wanted {
  url: URL;
  sha256: string;
}

function parse(variable: string, text: string): Wanted {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const sha256 = /^#sha256=([0-9a-f]{64})$/i.exec(url?.hash ?? '')?.[1]?.toLowerCase();
  if (url === undefined || sha256 === undefined)
    throw new Error(`${variable} takes the address of an archive and its sum: https://…tar.gz#sha256=<64 digits>.`);
  url.hash = '';
  return { url, sha256 };
}

async function fromArchive({ url, sha256 }: Wanted, program: string, folder: string, tell: Say): Promise<string> {
  tell(`Fetching ${url.href} (once per user) ...`);
  const bytes = await read(url);
  const found = createHash('sha256').update(bytes).digest('hex');
  if (found !== sha256) throw new Error(`${url.href} has SHA-256 ${found}, not ${sha256}: nothing of it was used.`);
  const archive = join(folder, 'archive.tar.gz');
  await writeFile(archive, bytes);
  await execute(['tar', '-xzf', archive, '-C', folder]);
  const path = (await readdir(folder, { recursive: true, withFileTypes: true })).find(
    (entry) => entry.isFile() && entry.name === program,
  );
  if (path === undefined) throw new Error(`${url.href} holds no ${program}.`);
  chmodSync(join(path.parentPath, path.name), 0o755);
  return join(path.parentPath, path.name);
}

async function read(url: URL): Promise<Buffer> {
  if (url.protocol === 'file:') return await readFile(fileURLToPath(url));
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url.href} is answered with ${answer.status}.`);
  return Buffer.from(await answer.arrayBuffer());
}
