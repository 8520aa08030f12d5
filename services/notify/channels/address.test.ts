import { expect, test } from 'vitest';
import { isPublic, resolveAllowed } from './address.ts';

test.each([
  '127.0.0.1',
  '127.9.9.9',
  '0.0.0.0',
  '10.1.2.3',
  '172.16.0.1',
  '192.168.1.1',
  '169.254.169.254',
  '100.64.0.1',
  '192.0.2.1',
  '198.18.0.1',
  '224.0.0.1',
  '255.255.255.255',
  '::1',
  '::',
  'fe80::1',
  'fc00::1',
  'fd00:ec2::254',
  'ff02::1',
  '::ffff:127.0.0.1',
  '::ffff:a9fe:a9fe',
  '64:ff9b::7f00:1',
  '2002:7f00:1::',
  '2001:db8::1',
  'not an address',
])('nothing is sent to %s', (address) => {
  expect(isPublic(address)).toBe(false);
});

test.each(['1.1.1.1', '8.8.8.8', '2606:4700:4700::1111', '::ffff:1.1.1.1'])('%s may be reached', (address) => {
  expect(isPublic(address)).toBe(true);
});

test.each(['localhost', '127.0.0.1', '[::1]', '2130706433', '0x7f.1'])('the host %s leads nowhere', async (host) => {
  const { hostname } = new URL(`https://${host}/`);
  expect(await resolveAllowed(hostname)).toBeUndefined();
});
