import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import type { Manifest } from './render.ts';
import { rendering } from './renderings.ts';
import { switches } from './switches.ts';
import { chart, valuesOf } from './values.ts';

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

function valueAt(tree: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((inner, key) => (inner as Record<string, unknown> | undefined)?.[key], tree);
}

/** Says whether the schema takes one value alone, so that no variant can have another. */
function isFixed(path: string): boolean {
  const schema = JSON.parse(readFileSync(join(chart, 'values.schema.json'), 'utf8'));
  const taken = valueAt(schema, `properties.${path.replaceAll('.', '.properties.')}.enum`);
  return Array.isArray(taken) && taken.length === 1;
}

test('every value is among them in a variant that has another than the default', () => {
  const given = (variant: string) => parse(readFileSync(join(chart, 'ci', `${variant}-values.yaml`), 'utf8'));
  const all = switches();
  const unproven = valuesOf().filter(({ path, default: usual }) => {
    const variants = new Set(all.flatMap(({ value, variant }) => (value === path ? [variant] : [])));
    const others = [...variants].map((variant) => valueAt(given(variant), path)).filter((value) => value !== undefined);
    return others.every((value) => isDeepStrictEqual(value, usual)) && !isFixed(path);
  });
  expect(unproven.map(({ path }) => path)).toEqual([]);
});
