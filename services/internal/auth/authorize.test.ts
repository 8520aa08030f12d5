import type { EventState, Role } from '@kilat/contract';
import { expect, test } from 'vitest';
import { type Action, authorize, may, mayManage, type Resource } from './authorize.ts';
import type { Principal } from './principal.ts';

const eventId = '0192b0e2-0000-7000-8000-000000000001';
const member: Principal = { kind: 'account', accountId: 'a', name: 'Ayu', role: 'member' };
const owner: Principal = { kind: 'account', accountId: 'o', name: 'Owner', role: 'owner' };
const guest: Principal = { kind: 'guest', eventId, linkId: 'l', linkGeneration: 1, sessionId: 's' };
const foreign: Principal = { ...guest, eventId: '0192b0e2-0000-7000-8000-000000000002' };
const resource = (state: EventState = 'live', role?: Role, linkOpen = true): Resource => ({
  eventId,
  state,
  role,
  linkOpen,
  linkUploads: false,
});
const uploading = (state: EventState): Resource => ({ ...resource(state), linkUploads: true });

const cases: { name: string; who: Principal; action: Action; on?: Resource; want: string }[] = [
  {
    name: 'a stranger sees no event',
    who: { kind: 'stranger' },
    action: 'event.see',
    on: resource(),
    want: 'unauthenticated',
  },
  { name: 'a guest sees a live event', who: guest, action: 'event.see', on: resource(), want: 'yes' },
  { name: 'a guest sees a closed event', who: guest, action: 'event.see', on: resource('closed'), want: 'yes' },
  {
    name: 'a guest does not see a draft',
    who: guest,
    action: 'event.see',
    on: resource('draft'),
    want: 'event_closed',
  },
  {
    name: 'a revoked link opens nothing',
    who: guest,
    action: 'event.see',
    on: resource('live', undefined, false),
    want: 'link_expired',
  },
  {
    name: "another event's guest learns nothing",
    who: foreign,
    action: 'event.see',
    on: resource(),
    want: 'event_missing',
  },
  { name: 'a guest does not upload', who: guest, action: 'photo.upload', on: resource(), want: 'forbidden' },
  {
    name: 'a guest uploads by a link that lets guests',
    who: guest,
    action: 'photo.upload',
    on: uploading('live'),
    want: 'yes',
  },
  {
    name: 'a guest uploads nothing to a closed event',
    who: guest,
    action: 'photo.upload',
    on: uploading('closed'),
    want: 'event_closed',
  },
  {
    name: 'a guest ends in a closed event what was begun',
    who: guest,
    action: 'upload.continue',
    on: uploading('closed'),
    want: 'yes',
  },
  { name: "an install's owner sees its figures", who: owner, action: 'stats.see', want: 'yes' },
  { name: 'a member does not see the figures of the install', who: member, action: 'stats.see', want: 'forbidden' },
  { name: 'a guest gets no original', who: guest, action: 'original.see', on: resource(), want: 'forbidden' },
  {
    name: 'an account without a part learns nothing',
    who: member,
    action: 'event.see',
    on: resource(),
    want: 'event_missing',
  },
  {
    name: 'a photographer uploads to a draft',
    who: member,
    action: 'photo.upload',
    on: resource('draft', 'photographer'),
    want: 'yes',
  },
  {
    name: 'nobody uploads to a closed event',
    who: owner,
    action: 'photo.upload',
    on: resource('closed'),
    want: 'event_closed',
  },
  {
    name: 'a photographer manages no links',
    who: member,
    action: 'link.manage',
    on: resource('live', 'photographer'),
    want: 'forbidden',
  },
  {
    name: 'a moderator does not upload',
    who: member,
    action: 'photo.upload',
    on: resource('live', 'moderator'),
    want: 'forbidden',
  },
  {
    name: 'an editor sees where a photo was taken',
    who: member,
    action: 'place.see',
    on: resource('live', 'editor'),
    want: 'yes',
  },
  {
    name: 'a photographer does not see where a photo was taken',
    who: member,
    action: 'place.see',
    on: resource('live', 'photographer'),
    want: 'forbidden',
  },
  { name: 'a guest does not see where', who: guest, action: 'place.see', on: resource(), want: 'forbidden' },
  { name: 'a client sees the event', who: member, action: 'event.see', on: resource('live', 'client'), want: 'yes' },
  {
    name: 'a client is not of the team',
    who: member,
    action: 'event.team',
    on: resource('live', 'client'),
    want: 'forbidden',
  },
  {
    name: 'a moderator sees what failed',
    who: member,
    action: 'failure.see',
    on: resource('live', 'moderator'),
    want: 'yes',
  },
  {
    name: 'a photographer sets no failure aside',
    who: member,
    action: 'failure.discard',
    on: resource('live', 'photographer'),
    want: 'forbidden',
  },
  { name: 'a member creates no events', who: member, action: 'event.create', want: 'forbidden' },
  { name: 'the owner creates events', who: owner, action: 'event.create', want: 'yes' },
  { name: 'a guest lists no events', who: guest, action: 'event.list', want: 'forbidden' },
  { name: 'an unknown event is missing for all', who: owner, action: 'event.see', want: 'event_missing' },
];
test.each(cases)('$name', ({ who, action, on, want }) => {
  expect(decide(() => authorize(who, action, on))).toBe(want);
  if (on !== undefined) expect(may(who, action, on)).toBe(want === 'yes');
});

function decide(ask: () => void): string {
  try {
    ask();
    return 'yes';
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : 'no';
  }
}

const reach: { by: Role; whom: Role; want: boolean }[] = [
  { by: 'owner', whom: 'owner', want: true },
  { by: 'owner', whom: 'editor', want: true },
  { by: 'editor', whom: 'owner', want: false },
  { by: 'editor', whom: 'editor', want: false },
  { by: 'editor', whom: 'photographer', want: true },
  { by: 'photographer', whom: 'client', want: false },
];
test.each(reach)('$by manages $whom: $want', ({ by, whom, want }) => {
  expect(mayManage(by, whom)).toBe(want);
});
