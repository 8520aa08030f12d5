import type { QuotaAmounts, Role } from '@kilat/contract';
import type * as z from 'zod';
import { noLimits, type QuotaLimits } from '../quotas/quotas.ts';
import type { AnnounceLimits } from '../uploads/announce.ts';
import type { admissionSettings } from './settings.ts';

/** Is what a role's uploaders may do: photos announced at once and a minute, uploads that run and that wait. */
export interface Allowance {
  tokens: number;
  refillPerMinute: number;
  atOnce: number;
  queued: number;
  quotas: QuotaLimits;
}

/** Gives a role's allowance. */
export type Allowances = (role: Role) => Allowance;

// The settings' values are all numbers.
type Read = { [Name in keyof typeof admissionSettings]: z.output<(typeof admissionSettings)[Name]> };

const unlimited = Number.POSITIVE_INFINITY;
const owners: Allowance = {
  tokens: unlimited,
  refillPerMinute: unlimited,
  atOnce: unlimited,
  queued: unlimited,
  quotas: noLimits,
};

/** Makes the allowances of read settings. */
export function allowancesOf(read: Read): Allowances {
  const team: Allowance = {
    tokens: read.UPLOAD_TOKENS_TEAM,
    refillPerMinute: read.UPLOAD_REFILL_TEAM,
    atOnce: read.UPLOADS_AT_ONCE_TEAM,
    queued: read.UPLOADS_QUEUED_TEAM,
    quotas: {
      day: amounts(read.QUOTA_PHOTOS_DAY_TEAM, read.QUOTA_BYTES_DAY_TEAM),
      total: amounts(read.QUOTA_PHOTOS_TEAM, read.QUOTA_BYTES_TEAM),
    },
  };
  const guests: Allowance = {
    tokens: read.UPLOAD_TOKENS_GUEST,
    refillPerMinute: read.UPLOAD_REFILL_GUEST,
    atOnce: read.UPLOADS_AT_ONCE_GUEST,
    queued: read.UPLOADS_QUEUED_GUEST,
    quotas: {
      day: amounts(read.QUOTA_PHOTOS_DAY_GUEST, read.QUOTA_BYTES_DAY_GUEST),
      total: amounts(read.QUOTA_PHOTOS_GUEST, read.QUOTA_BYTES_GUEST),
    },
  };
  return (role) => (role === 'owner' ? owners : role === 'guest' || role === 'client' ? guests : team);
}

function amounts(photos: number | undefined, bytes: number | undefined): QuotaAmounts {
  return { photos: photos ?? null, bytes: bytes ?? null };
}

/** Makes the bounds of announcements. */
export function announceLimits(allowances: Allowances): AnnounceLimits {
  return {
    quotas: (role) => allowances(role).quotas,
    mostRunning: ({ role }) => allowances(role).atOnce,
    mostOpen: ({ role }) => allowances(role).atOnce + allowances(role).queued,
  };
}
