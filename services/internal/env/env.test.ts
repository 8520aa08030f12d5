import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { temporaryFolder } from '../../../deploy/local/temporary.ts';
import { readSettings, SettingsError, settingsTable } from './env.ts';
import { listenAddress, required, wholeNumber } from './types.ts';

const settings = {
  SECRET: required('the secret'),
  PARALLEL: wholeNumber('how many at once', { default: 2, min: 1, max: 64 }),
  LISTEN: listenAddress('where to listen', '127.0.0.1:0'),
};

test('reads values, defaults and secrets that come as files', () => {
  const file = join(temporaryFolder(), 'secret');
  writeFileSync(file, 'hush\n');
  const read = readSettings(settings, { SECRET_FILE: file, LISTEN: '0.0.0.0:8080' });
  expect(read).toMatchObject({ SECRET: 'hush', PARALLEL: 2, LISTEN: { host: '0.0.0.0', port: 8080 } });
});

test('names every wrong setting at once and never a value', () => {
  const read = () => readSettings(settings, { PARALLEL: '9999', LISTEN: 'not an address' });
  expect(read).toThrow(SettingsError);
  expect(read).toThrow(/SECRET: is required[\s\S]*PARALLEL: is too big \(at most 64\)[\s\S]*LISTEN: is not valid/);
  expect(read).not.toThrow(/9999|not an address/);
});

test('prints a table of names, defaults and meanings', () => {
  expect(settingsTable(settings)).toContain('PARALLEL  2 ');
});
