import * as z from 'zod';
import { authSettings } from '#internal/auth/settings.ts';
import { busSettings } from '#internal/bus/settings.ts';
import { databaseSettings } from '#internal/database/settings.ts';
import { type Environment, readSettings } from '#internal/env/env.ts';
import { flag, wholeNumber } from '#internal/env/types.ts';

/** Lists the settings of target notify. */
export const settings = {
  PUBLIC_ORIGIN: z
    .url()
    .default('http://127.0.0.1:8080')
    .describe('address of the install, that links in mails lead to'),
  SMTP_URL: z
    .url({ protocol: /^smtps?$/ })
    .optional()
    .describe(
      'mail server as smtp:// or smtps://user:password@host:port; without it there is no mail; or SMTP_URL_FILE',
    ),
  SMTP_FROM: z.string().min(3).default('Kilat <kilat@localhost>').describe('sender of mails'),
  NOTIFY_GATHER_SECONDS: wholeNumber('how long news of one kind is gathered into one mail', {
    default: 60,
    min: 0,
    max: 86_400,
  }),
  NOTIFY_REST_MINUTES: wholeNumber('least time between two mails of one kind about one event to one reader', {
    default: 30,
    min: 0,
    max: 1_440,
  }),
  NOTIFY_BACKLOG_MINUTES: wholeNumber('how long after an event has closed photos that are not ready are told of', {
    default: 60,
    min: 0,
    max: 1_440,
  }),
  NOTIFY_PUSH_MINUTES: wholeNumber('least time between two push messages of one event to one guest', {
    default: 10,
    min: 0,
    max: 1_440,
  }),
  NOTIFY_POLL_MS: wholeNumber('how often notify looks without being told, in milliseconds', {
    default: 500,
    min: 10,
    max: 10_000,
  }),
  NOTIFY_CONCURRENCY: wholeNumber('tries that one replica makes at a time by each channel', {
    default: 4,
    min: 1,
    max: 64,
  }),
  NOTIFY_LEASE_SECONDS: wholeNumber('after how long a try of a process that died is made again', {
    default: 60,
    min: 1,
    max: 600,
  }),
  NOTIFY_TO_LOOPBACK: flag('for tests alone: webhooks and push may go to this machine, without TLS', false),
  KILAT_SECRET: authSettings.KILAT_SECRET,
  ...databaseSettings,
  ...busSettings,
};

/** Reads the settings of target notify. */
export function loadConfig(env: Environment) {
  return readSettings(settings, env);
}
