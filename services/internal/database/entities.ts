import { defineEntity, p } from '@mikro-orm/core';

/** Maps the table of accounts. */
export const Account = defineEntity({
  name: 'Account',
  tableName: 'accounts',
  properties: {
    accountId: p.uuid().primary(),
    name: p.text(),
    role: p.enum(['owner', 'member'] as const),
    createdAt: p.datetime().defaultRaw('now()'),
  },
});

/** Maps the table of one-time sign-in links, found by the hash of their token. */
export const SignInLink = defineEntity({
  name: 'SignInLink',
  tableName: 'sign_in_links',
  properties: {
    tokenHash: p.blob().primary(),
    accountId: p.uuid(),
    createdAt: p.datetime().defaultRaw('now()'),
    expiresAt: p.datetime(),
    usedAt: p.datetime().nullable(),
  },
});

/** Maps the table of events. */
export const Event = defineEntity({
  name: 'Event',
  tableName: 'events',
  properties: {
    eventId: p.uuid().primary(),
    title: p.text(),
    startsOn: p.date().nullable(),
    place: p.text().nullable(),
    state: p.enum(['draft', 'live', 'closed', 'archived'] as const).default('draft'),
    createdBy: p.uuid().nullable(),
    createdAt: p.datetime().defaultRaw('now()'),
  },
});

/** Maps the table of memberships: one role of one account in one event. */
export const Membership = defineEntity({
  name: 'Membership',
  tableName: 'memberships',
  properties: {
    eventId: p.uuid().primary(),
    accountId: p.uuid().primary(),
    role: p.enum(['owner', 'editor', 'photographer', 'moderator', 'client'] as const),
    createdAt: p.datetime().defaultRaw('now()'),
  },
});

/** Maps the table of share links, found by the hash of their token. */
const Link = defineEntity({
  name: 'Link',
  tableName: 'links',
  properties: {
    eventId: p.uuid().primary(),
    linkId: p.uuid().primary(),
    kind: p.enum(['guest'] as const),
    generation: p.integer().default(1),
    tokenHash: p.blob(),
    createdAt: p.datetime().defaultRaw('now()'),
    expiresAt: p.datetime().nullable(),
    revokedAt: p.datetime().nullable(),
  },
});

/** Lists what MikroORM maps; partitioned tables and hot paths are plain SQL in the stores. */
export const entities = [Account, SignInLink, Event, Membership, Link];
