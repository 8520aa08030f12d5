import { expect, test } from 'vitest';
import { parseTargets, targetNames } from './targets.ts';

test('all targets run, second copies only where a place for them is configured', () => {
  expect(parseTargets('all', { BACKUP_PROVIDERS: 'r2' })).toContain('backup');
  expect(parseTargets('all', { BACKUP_PROVIDERS: '' })).not.toContain('backup');
  expect(parseTargets('all')).toEqual(targetNames);
  expect(parseTargets('backup', {})).toEqual(['backup']);
  expect(parseTargets('backup,nothing', {})).toBeUndefined();
});
