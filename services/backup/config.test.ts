import { expect, test } from 'vitest';
import { loadConfig } from './config.ts';

const common = {
  ...{ DATABASE_URL: 'postgres://localhost/kilat', NATS_URL: 'nats://localhost' },
  ...{ S3_ACCESS_KEY_ID: 'a', S3_SECRET_ACCESS_KEY: 'b' },
};
const place = {
  BACKUP_OFF_SITE_BUCKET: 'b',
  BACKUP_OFF_SITE_ACCESS_KEY_ID: 'k',
  BACKUP_OFF_SITE_SECRET_ACCESS_KEY: 's',
};

test('each place has settings of its own, and all are the default unless told', () => {
  const config = loadConfig({ ...common, BACKUP_PROVIDERS: 'off-site', ...place });
  expect([[...config.providers.keys()], config.defaults]).toEqual([['off-site'], ['off-site']]);
});

test.each([
  { name: 'no place', env: {}, says: /BACKUP_PROVIDERS: is required/ },
  { name: 'a place without a bucket', env: { BACKUP_PROVIDERS: 'r2' }, says: /BACKUP_R2_BUCKET: is required/ },
  { name: 'a place that is no name', env: { BACKUP_PROVIDERS: 'R 2' }, says: /BACKUP_PROVIDERS: is not valid/ },
  {
    name: 'a default that is not there',
    env: { BACKUP_PROVIDERS: 'off-site', BACKUP_DEFAULT: 'r2', ...place },
    says: /BACKUP_DEFAULT/,
  },
  {
    name: 'the bucket of the originals as a place',
    env: { BACKUP_PROVIDERS: 'off-site', ...place, S3_BUCKET: 'b' },
    says: /off-site is the bucket of the originals/,
  },
  {
    name: 'one bucket under two names',
    env: {
      ...{ BACKUP_PROVIDERS: 'off-site,two', ...place, BACKUP_TWO_BUCKET: 'b' },
      ...{ BACKUP_TWO_ACCESS_KEY_ID: 'k', BACKUP_TWO_SECRET_ACCESS_KEY: 's' },
    },
    says: /BACKUP_TWO_\*: is the same place as another/,
  },
  {
    name: 'a Drive without a key that is one',
    env: { BACKUP_PROVIDERS: 'drive', BACKUP_DRIVE_KIND: 'drive', BACKUP_DRIVE_FOLDER: 'f', BACKUP_DRIVE_KEY: '{}' },
    says: /BACKUP_DRIVE_KEY: is not valid/,
  },
])('a start with $name is refused', ({ env, says }) => {
  expect(() => loadConfig({ ...common, ...env })).toThrow(says);
});
