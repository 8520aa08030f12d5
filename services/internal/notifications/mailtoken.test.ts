import { expect, test } from 'vitest';
import { mailTokensOf } from './mailtoken.ts';
import { vapidKeysOf } from './vapid.ts';
import { webhookSecret } from './webhooks.ts';

const secret = 'a secret for tests of at least 32 characters';
const tokens = mailTokensOf(secret);
const grant = {
  purpose: 'unsubscribe',
  recipientId: '0192b0e2-0000-7000-8000-000000000001',
  about: 'backlog',
} as const;

test('a mail link lets do what was signed', () => {
  expect(tokens.verify(tokens.sign(grant))).toEqual(grant);
});

test.each([
  ['another kind', (token: string) => token.replace('backlog', 'daily_digest')],
  ['another purpose', (token: string) => token.replace('unsubscribe', 'confirm')],
  ['a cut signature', (token: string) => token.slice(0, -2)],
  ['nothing', () => ''],
  ['a token of another install', () => mailTokensOf(`${secret}!`).sign(grant)],
])('a mail link with %s lets do nothing', (_name, broken) => {
  expect(tokens.verify(broken(tokens.sign(grant)))).toBeUndefined();
});

test('keys of push and secrets of webhooks are the same whenever they are derived, and differ between installs', () => {
  const keys = vapidKeysOf(secret);
  expect(vapidKeysOf(secret)).toEqual(keys);
  expect(vapidKeysOf(`${secret}!`)).not.toEqual(keys);
  expect([keys.publicKey.length, keys.privateKey.length]).toEqual([87, 43]);
  expect(webhookSecret(secret, grant.recipientId, 1)).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  expect(webhookSecret(secret, grant.recipientId, 2)).not.toBe(webhookSecret(secret, grant.recipientId, 1));
});
