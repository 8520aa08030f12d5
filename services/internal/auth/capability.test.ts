import { expect, test } from 'vitest';
import { capabilitiesOf } from './capability.ts';

const what = {
  eventId: '0192b0e2-0000-7000-8000-000000000001',
  scope: 'view',
  holder: 'link',
  holderId: 'none',
  generation: 1,
} as const;
const capabilities = capabilitiesOf('a secret of at least thirty-two bytes');

test('gives back what was granted', () => {
  const grant = capabilities.grant(what);
  expect(capabilities.verify(grant.capability)).toMatchObject(what);
});

test('gives guests of the same half hour one and the same capability', () => {
  const noon = Date.UTC(2026, 0, 1, 12, 1);
  expect(capabilities.grant(what, noon)).toEqual(capabilities.grant(what, noon + 20 * 60_000));
});

const grant = capabilities.grant(what).capability;
const forged = Buffer.from(
  Buffer.from(grant.split('.')[0] ?? '', 'base64url')
    .toString()
    .replace('view', 'original'),
).toString('base64url');
const wrong = [
  { name: 'another scope', text: `${forged}.${grant.split('.')[1]}` },
  { name: 'no signature', text: grant.split('.')[0] ?? '' },
  { name: 'another key', text: capabilitiesOf('another secret, thirty-two bytes long').grant(what).capability },
  { name: 'nothing', text: '' },
];
test.each(wrong)('refuses a capability with $name', ({ text }) => {
  expect(capabilities.verify(text)).toBeUndefined();
});
