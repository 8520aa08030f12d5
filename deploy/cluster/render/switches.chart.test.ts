import { expect, test } from 'vitest';
import type { Manifest } from './render.ts';
import { rendering } from './renderings.ts';
import { switches } from './switches.ts';
import { valuesOf } from './values.ts';

/** Reads a path with dots in an object; `=` stands for a dot in a key, and lists of env are read by their names. */
function read(manifest: Manifest, path: string): unknown {
  const [keys = '', encoding] = path.split('|');
  let value: unknown = manifest;
  for (const key of keys.split('.').map((part) => part.replaceAll('=', '.'))) {
    if (Array.isArray(value) && Number.isNaN(Number(key))) value = variable(value, key);
    else value = (value as Record<string, unknown> | undefined)?.[key];
  }
  return encoding === undefined ? value : Buffer.from(String(value), 'base64').toString();
}

function variable(
  env: { name: string; value?: string; valueFrom?: { secretKeyRef: { name: string; key: string } } }[],
  name: string,
) {
  const found = env.find((one) => one.name === name);
  const reference = found?.valueFrom?.secretKeyRef;
  return reference === undefined ? found?.value : `${reference.name}/${reference.key}`;
}

test.each(switches())('value $value does what it says: $variant, $object $at', ({ variant, object, at, is }) => {
  const { find, manifests } = rendering(variant);
  if (at !== undefined) return expect(read(find(object), at)).toEqual(is);
  const names = manifests.map(({ kind, metadata }) => `${kind}/${metadata.name}`);
  expect(names).not.toContain(object);
});

test('every value of the chart is among them', () => {
  const held = new Set(switches().map(({ value }) => value));
  const others = valuesOf().filter(({ path }) => !held.has(path));
  expect(others.map(({ path }) => path)).toEqual([]);
});
