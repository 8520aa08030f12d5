import { expect, test } from 'vitest';
import { render } from './render.ts';
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

const slashes = ['--set', 'origin=https://photos.example.com/,extraOrigins={https://www.example.com/}'];
// Notes are no object; one that holds them is.
const notes = `"apiVersion: v1\\nkind: ConfigMap\\nmetadata: {name: notes}\\ndata: {said: {{ include \\"kilat.notes\\" . | toJson }}}"`;

test('a slash at the end of an origin comes into no address that is made of it', async () => {
  const { find } = await render([...slashes, '--set-json', `extraObjects=[${notes}]`]);
  const { said } = find('ConfigMap/notes').data;
  expect(said).toContain('echo "https://photos.example.com$(kubectl -n photos exec deployment/kilat-api');
  expect(said).not.toMatch(/example\.com\//);
  const { data } = find('ConfigMap/kilat-api');
  expect(data.ALLOWED_ORIGINS).toBe('https://photos.example.com,https://www.example.com');
  expect(find('ConfigMap/kilat-notify').data.PUBLIC_ORIGIN).toBe('https://photos.example.com');
});
