import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { parseDriveKey } from './driveauth.ts';
import { forever, photo, useDrive } from './drivescenetest.ts';

const scene = useDrive();

test('one token serves many calls, also those that begin at once', async () => {
  await Promise.all(Array.from({ length: 5 }, () => scene.drive.check('drive:x', forever)));
  await scene.drive.put(scene.copyOf(photo(1_000)), forever);
  expect(scene.server.calls).toMatchObject({ token: 1, chunk: 1 });
});

test('a token is renewed in the last minute of its life', async () => {
  scene.server.office.lifetimeSeconds = 61;
  await scene.drive.put(scene.copyOf(photo(1_000)), forever);
  expect(scene.server.calls.token).toBe(1);
  scene.server.office.lifetimeSeconds = 60;
  const short = scene.open();
  await short.put(scene.copyOf(photo(1_000)), forever);
  expect(scene.server.calls.token).toBeGreaterThan(3);
});

test('a token that was withdrawn in the middle of an upload is replaced', async () => {
  const bytes = photo();
  scene.server.before = (operation) => {
    if (operation === 'chunk' && scene.server.calls.chunk === 2) scene.server.office.revoke();
  };
  await scene.drive.put(scene.copyOf(bytes), forever);
  expect(scene.server.calls.token).toBe(2);
  scene.expectOnly(bytes);
});

test('the account acts in a person’s name only where the domain allows it', async () => {
  const drive = scene.open({ subject: 'studio@example.org' });
  const refused = drive.put(scene.copyOf(photo()), forever);
  await expect(refused).rejects.toMatchObject({
    kind: 'unavailable',
    message: expect.stringContaining('unauthorized'),
  });
  scene.server.office.delegates.add('studio@example.org');
  await drive.put(scene.copyOf(photo()), forever);
  expect(scene.copies()).toHaveLength(1);
});

test('a key that Google does not know is told without showing it', async () => {
  const text = scene.server.keyText.replace(/"private_key_id":"[^"]*"/, '"private_key_id":"another"');
  const key = parseDriveKey(text);
  if (key === undefined) throw new Error('a key file was not read');
  const drive = scene.open({ key });
  const fault: unknown = await drive.put(scene.copyOf(photo()), forever).catch((error: unknown) => error);
  expect(fault).toMatchObject({ kind: 'unavailable', class: 'server', retryAfter: 60 });
  const secret = `${JSON.parse(text).private_key}`.slice(40, 80);
  expect(inspect([fault, key, drive], { depth: 9, showHidden: true })).not.toContain(secret);
  expect(JSON.stringify(key)).not.toContain(secret);
});

const texts = [
  { name: 'an empty text', text: '' },
  { name: 'another kind of key file', text: '{"type":"authorized_user","client_email":"a","private_key":"b"}' },
  { name: 'a key that is none', text: '{"type":"service_account","client_email":"a","private_key":"b"}' },
];
test.each(texts)('$name is no service account’s key', ({ text }) => {
  expect(parseDriveKey(text)).toBeUndefined();
});
