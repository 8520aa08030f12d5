import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openInstance } from './instance.ts';
import { freePort } from './port.ts';
import { temporaryFolder } from './temporary.ts';

const host = '127.0.0.1';
const silent = () => {};

test('keeps the secret and every port from one start to the next', async () => {
  const folder = temporaryFolder();
  const port = await freePort();
  const first = await openInstance(folder, { port, host }, silent);
  expect(Buffer.from(first.secret, 'base64url')).toHaveLength(32);
  expect(await openInstance(folder, { port: undefined, host }, silent)).toEqual(first);
});

test('takes another port, and says so, when another program has the one of last time', async () => {
  const folder = temporaryFolder();
  const port = await freePort();
  const first = await openInstance(folder, { port, host }, silent);
  const strangers = [createServer().listen(port, host), createServer().listen(first.ports.nats, host)];
  await Promise.all(strangers.map((server) => once(server, 'listening')));
  const said: string[] = [];
  const second = await openInstance(folder, { port: undefined, host }, (line) => said.push(line));
  for (const server of strangers) server.close();
  expect(second.port).not.toBe(port);
  expect(second.ports.nats).not.toBe(first.ports.nats);
  expect(second.ports.api).toBe(first.ports.api);
  expect(said.join()).toContain(`Port ${port} is taken`);
});

test('does not go to another port than the one that was asked for', async () => {
  const port = await freePort();
  const stranger = createServer().listen(port, host);
  await once(stranger, 'listening');
  await expect(openInstance(temporaryFolder(), { port, host }, silent)).rejects.toThrow(`Port ${port} is taken`);
  stranger.close();
});

test('does not make a new secret in place of one that cannot be read', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'instance.json'), '{"secret":');
  await expect(openInstance(folder, { port: undefined, host }, silent)).rejects.toThrow('cannot be read');
  expect(readFileSync(join(folder, 'instance.json'), 'utf8')).toBe('{"secret":');
});
