import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { originsOf } from './address.ts';
import { type Options, readOptions, UsageError } from './options.ts';

const usual: Options = { port: undefined, dataDir: resolve('.kilat'), lan: false, origin: undefined, tls: undefined };

const readable: { name: string; args: string[]; env?: Record<string, string>; want: Partial<Options> }[] = [
  { name: 'nothing', args: [], want: {} },
  {
    name: 'what the environment says',
    args: [],
    env: { KILAT_PORT: '9000', KILAT_LAN: '1' },
    want: { port: 9000, lan: true },
  },
  {
    name: 'an argument before the environment',
    args: ['--port', '9001'],
    env: { KILAT_PORT: '9000' },
    want: { port: 9001 },
  },
  { name: 'a folder from here', args: ['--data', 'x'], want: { dataDir: resolve('x') } },
  {
    name: 'an origin without its slash',
    args: ['--origin', 'https://photos.example/'],
    want: { origin: 'https://photos.example' },
  },
  { name: 'both files of TLS', args: ['--tls-cert', 'c', '--tls-key', 'k'], want: { tls: { cert: 'c', key: 'k' } } },
];
test.each(readable)('reads $name', ({ args, env, want }) => {
  expect(readOptions(args, env ?? {})).toEqual({ ...usual, ...want });
});

const mistakes = [['--port', '0'], ['--port', 'x'], ['--origin', 'photos'], ['--tls-cert', 'c'], ['--what']];
test.each(mistakes.map((args) => ({ args })))('refuses $args', ({ args }) => {
  expect(() => readOptions(args, {})).toThrow(UsageError);
});

test('asks for help as a wish, not as a mistake', () => {
  expect(readOptions(['--help'], {})).toBeUndefined();
});

test('prints a given origin first and lets the addresses of this machine work too', () => {
  const origins = originsOf({ lan: false, tls: { cert: '', key: '' }, origin: 'https://photos.example' }, 8443);
  expect(origins).toEqual(['https://photos.example', 'https://127.0.0.1:8443', 'https://localhost:8443']);
});
