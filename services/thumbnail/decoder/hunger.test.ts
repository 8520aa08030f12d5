import { expect, test } from 'vitest';
import { Undecodable } from '../undecodable.ts';
import { mayBeHungry } from './hunger.ts';

const mib = 1024 * 1024;
const cases: { name: string; error: unknown; mostMib: number; want: boolean }[] = [
  { name: 'a file that is none', error: new Undecodable('The photo cannot be decoded.'), mostMib: 300, want: false },
  { name: 'a process that has held much', error: new Undecodable('It cannot be decoded.'), mostMib: 513, want: true },
  {
    name: 'a library that got no memory',
    error: new Undecodable('It cannot be decoded.', { cause: new Error('vips_tracked: out of memory') }),
    mostMib: 100,
    want: true,
  },
  { name: 'V8', error: new RangeError('Array buffer allocation failed'), mostMib: 100, want: true },
  { name: 'what is no error', error: 'memory', mostMib: 100, want: false },
];
test.each(cases)('whether memory was short: $name', ({ error, mostMib, want }) => {
  expect(mayBeHungry(error, mostMib * mib, 1024 * mib)).toBe(want);
});
