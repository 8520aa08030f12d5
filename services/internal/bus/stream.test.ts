import { expect, test } from 'vitest';
import { oldestServer } from './stream.ts';

test.each(['2.11.0', '2.15.2', '3.0.0'])('accepts nats-server %s', (version) => {
  expect(() => oldestServer(version)).not.toThrow();
});

test.each(['2.9.10', '2.10.29', '1.99.0', ''])('refuses nats-server "%s"', (version) => {
  expect(() => oldestServer(version)).toThrow(/2\.11/);
});
