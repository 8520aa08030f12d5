import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { oriented } from '../../services/thumbnail/phototest.ts';
import { execute } from './program.ts';
import { ownEnvironment, startInstallation, temporaryFolder } from './testing.ts';

const kilat = fileURLToPath(new URL('kilat.ts', import.meta.url));

// Two starts of all of Kilat, and five commands between them.

test('an installation that was wiped comes back from its snapshot with sessions and photos', async () => {
  const [dataDir, folder] = [join(temporaryFolder(), 'data'), join(temporaryFolder(), 'snapshot')];
  const first = await startInstallation({ dataDir });
  const { cookie, eventId } = await begin(first.origin, first.signInLink);
  const send = async () => upload(first.origin, cookie, eventId, await oriented(1));
  const before = await Promise.all([send(), send(), send()]);
  const [meanwhile] = await Promise.all([send(), command('snapshot', 'create', '--to', folder, '--data', dataDir)]);
  const port = Number(new URL(first.origin).port);
  await first.stop();
  rmSync(dataDir, { recursive: true });

  expect(await command('snapshot', 'restore', '--from', folder, '--data', dataDir)).toBe('');
  await using second = await startInstallation({ dataDir, port });
  const photos = await photosOf(second.origin, cookie, eventId);
  expect(photos.filter((photoId) => photoId !== meanwhile).sort()).toEqual(before.sort());
  const late = await upload(second.origin, cookie, eventId, await oriented(1));
  expect(await photosOf(second.origin, cookie, eventId)).toContain(late);
  expect(await command('verify', '--all', '--data', dataDir)).toBe('');
});

test('a command says so where there is no installation', async () => {
  const asked = command('verify', '--all', '--data', temporaryFolder());
  await expect(asked).rejects.toThrow('There is no installation in');
});

/** Runs a command as `pnpm kilat` does and answers what it printed; throws with what it said when it failed. */
async function command(...args: string[]): Promise<string> {
  return await execute([process.execPath, kilat, ...args], { env: ownEnvironment() });
}

async function begin(origin: string, signInLink: string): Promise<{ cookie: string; eventId: string }> {
  const answer = await post(`${origin}/api/sign-in`, { token: signInLink.split('#')[1] });
  const cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? '';
  const event = (await (await post(`${origin}/api/events`, { title: 'Ayu & Bram' }, cookie)).json()) as {
    event_id: string;
  };
  return { cookie, eventId: event.event_id };
}

async function upload(origin: string, cookie: string, eventId: string, bytes: Buffer): Promise<string> {
  const headers = { cookie, 'tus-resumable': '1.0.0' };
  const metadata = `event_id ${btoa(eventId)},filename ${btoa('one.jpg')}`;
  const created = await fetch(`${origin}/files`, {
    method: 'POST',
    headers: { ...headers, 'upload-length': String(bytes.length), 'upload-metadata': metadata },
  });
  const url = new URL(created.headers.get('location') ?? '', origin);
  const sent = await fetch(new URL(url.pathname, origin), {
    method: 'PATCH',
    headers: { ...headers, 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' },
    body: new Uint8Array(bytes),
  });
  expect(sent.status).toBe(204);
  return url.pathname.split('/').at(-1) ?? '';
}

async function photosOf(origin: string, cookie: string, eventId: string): Promise<string[]> {
  const answer = await fetch(`${origin}/api/events/${eventId}/photos`, { headers: { cookie } });
  const { photos } = (await answer.json()) as { photos: { photo_id: string }[] };
  return photos.map(({ photo_id }) => photo_id);
}

function post(url: string, body: object, cookie = ''): Promise<Response> {
  const headers = { 'content-type': 'application/json', cookie };
  return fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
}
