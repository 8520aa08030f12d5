import { expect, test } from 'vitest';
import { rendering } from './renderings.ts';

test('in a cluster of IPv6 nothing listens on the addresses of IPv4 alone', () => {
  const { text, find } = rendering('names');
  expect(text).not.toMatch(/\b0\.0\.0\.0:/);
  const { 'nats.conf': nats } = find('ConfigMap/gallery-nats').data;
  expect(nats).toContain('listen: "[::]:4222"');
  expect(nats).toContain('http: "[::]:8222"');
  const { env } = find('Deployment/gallery-web').spec.template.spec.containers[0];
  expect(env).toContainEqual({ name: 'HOST', value: '::' });
  expect(find('Deployment/gallery-door').spec.template.spec.containers[0].env).toContainEqual({
    name: 'DOOR_LISTEN',
    value: ':::3000',
  });
});

test('otherwise nothing asks for IPv6, which the nodes need not have', () => {
  expect(rendering('default').text).not.toMatch(/\[?::\]?:\d/);
});
