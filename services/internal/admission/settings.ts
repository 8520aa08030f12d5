import { defaultMaxBytes } from '@kilat/contract';
import * as z from 'zod';
import { wholeNumber } from '../env/types.ts';

const gibibyte = 1024 ** 3;

function limit(description: string) {
  return z.coerce
    .number()
    .int()
    .min(0)
    .max(Number.MAX_SAFE_INTEGER)
    .optional()
    .describe(`${description}; without it there is no limit`);
}

/** Lists how much an uploader may do, by role; the install's owner has no limit but the events' quotas. */
export const admissionSettings = {
  UPLOAD_MAX_BYTES: wholeNumber('largest original, in bytes', {
    default: defaultMaxBytes,
    min: 1_048_576,
    max: 5_368_709_120,
  }),
  UPLOAD_TOKENS_GUEST: wholeNumber('photos that a guest may announce at once', { default: 100, min: 1, max: 100_000 }),
  UPLOAD_REFILL_GUEST: wholeNumber('photos a minute that a guest may announce after that', {
    default: 10,
    min: 1,
    max: 100_000,
  }),
  UPLOADS_AT_ONCE_GUEST: wholeNumber('uploads of a guest that run at once', { default: 3, min: 1, max: 1_000 }),
  UPLOADS_QUEUED_GUEST: wholeNumber('uploads of a guest that may wait', { default: 10, min: 0, max: 100_000 }),
  QUOTA_PHOTOS_GUEST: wholeNumber('photos of a guest in all', { default: 1_000, min: 0, max: 1_000_000 }),
  QUOTA_BYTES_GUEST: wholeNumber('bytes of a guest in all', {
    default: 20 * gibibyte,
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
  }),
  QUOTA_PHOTOS_DAY_GUEST: limit('photos of a guest a day (UTC)'),
  QUOTA_BYTES_DAY_GUEST: limit('bytes of a guest a day (UTC)'),
  UPLOAD_TOKENS_TEAM: wholeNumber('photos that a team member may announce at once', {
    default: 10_000,
    min: 1,
    max: 1_000_000,
  }),
  UPLOAD_REFILL_TEAM: wholeNumber('photos a minute that a team member may announce after that', {
    default: 600,
    min: 1,
    max: 1_000_000,
  }),
  UPLOADS_AT_ONCE_TEAM: wholeNumber('uploads of a team member that run at once', { default: 32, min: 1, max: 10_000 }),
  UPLOADS_QUEUED_TEAM: wholeNumber('uploads of a team member that may wait', {
    default: 10_000,
    min: 0,
    max: 1_000_000,
  }),
  QUOTA_PHOTOS_TEAM: limit('photos of a team member in all'),
  QUOTA_BYTES_TEAM: limit('bytes of a team member in all'),
  QUOTA_PHOTOS_DAY_TEAM: limit('photos of a team member a day (UTC)'),
  QUOTA_BYTES_DAY_TEAM: limit('bytes of a team member a day (UTC)'),
};

/** Lists what counts as trouble, in which new uploads wait. */
export const troubleSettings = {
  TROUBLE_LOOK_SECONDS: wholeNumber('how often it is looked for trouble', { default: 5, min: 1, max: 60 }),
  TROUBLE_DATABASE_MS: wholeNumber('time after which the database answers too slowly for new uploads', {
    default: 2_000,
    min: 50,
    max: 4_900,
  }),
  TROUBLE_QUEUE_MINUTES: wholeNumber('how long live photos may wait for their pictures before new uploads wait', {
    default: 30,
    min: 1,
    max: 1_440,
  }),
};

/** Lists the setting of trouble with the disk of the spool files. */
export const diskSettings = {
  TROUBLE_DISK_FREE_PERCENT: wholeNumber('free share of the spool disk below which new uploads wait; 0 for never', {
    default: 10,
    min: 0,
    max: 100,
  }),
};
