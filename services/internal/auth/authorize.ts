import type { EventState, Role } from '@kilat/contract';
import { Fault } from '../fault/fault.ts';
import type { Principal } from './principal.ts';

/** Names what can be asked for; every route of every target names one. */
export type Action =
  | 'event.list'
  | 'event.create'
  | 'event.see'
  | 'event.change'
  | 'event.team'
  | 'photo.upload'
  | 'upload.continue'
  | 'photo.retry'
  | 'failure.see'
  | 'failure.discard'
  | 'place.see'
  | 'original.see'
  | 'link.manage'
  | 'people.manage'
  | 'quota.see'
  | 'quota.change'
  | 'backup.manage'
  | 'notification.prefer'
  | 'notification.see'
  | 'webhook.manage'
  | 'stats.see';

/** Is what a decision rests on: the event's state, the caller's role in it, and what a guest's link still opens. */
export interface Resource {
  eventId: string;
  state: EventState;
  role: Role | undefined;
  linkOpen: boolean;
  /** Tells whether the guest's link lets guests upload. */
  linkUploads: boolean;
}

const team: readonly Role[] = ['owner', 'editor', 'photographer', 'moderator'];
const allowed: Record<Action, readonly Role[]> = {
  'event.list': [],
  'event.create': [],
  'event.see': [...team, 'client', 'guest'],
  'event.change': ['owner', 'editor'],
  'event.team': team,
  'photo.upload': ['owner', 'editor', 'photographer', 'guest'],
  'upload.continue': ['owner', 'editor', 'photographer', 'moderator', 'guest'],
  'photo.retry': ['owner', 'editor', 'photographer'],
  'failure.see': team,
  'failure.discard': ['owner', 'editor'],
  'place.see': ['owner', 'editor'],
  'original.see': ['owner', 'editor', 'photographer'],
  'link.manage': ['owner', 'editor'],
  'people.manage': ['owner', 'editor'],
  'quota.see': ['owner', 'editor'],
  'quota.change': ['owner'],
  'backup.manage': ['owner'],
  'notification.prefer': [],
  'notification.see': ['owner', 'editor'],
  'webhook.manage': ['owner', 'editor'],
  'stats.see': [],
};
// They are about the install, not about an event.
const ofInstall = new Set<Action>(['event.list', 'event.create', 'notification.prefer', 'stats.see']);
const belowEditors: readonly Role[] = ['photographer', 'moderator', 'client'];

/** Decides whether a caller may do something; throws unauthenticated, missing or forbidden when not. */
export function authorize(principal: Principal, action: Action, resource?: Resource): void {
  if (principal.kind === 'stranger') throw new Fault('unauthenticated', 'Sign in, or open the event by its link.');
  if (ofInstall.has(action)) {
    onlyAccounts(principal, action);
    return;
  }
  if (resource === undefined) throw new Fault('missing', 'There is no such event.', { code: 'event_missing' });
  const role = roleOf(principal, resource);
  // Who has no part in an event does not learn that it exists.
  if (role === undefined) throw new Fault('missing', 'There is no such event.', { code: 'event_missing' });
  if (!allowed[action].includes(role)) throw new Fault('forbidden', 'Your role does not allow this.');
  if (role === 'guest') checkGuest(resource, action);
  if (action === 'photo.upload' && resource.state !== 'draft' && resource.state !== 'live') {
    throw new Fault('forbidden', 'The event takes no more photos.', { code: 'event_closed' });
  }
}

/** Tells whether a caller may do something, for answers that hold more for some. */
export function may(principal: Principal, action: Action, resource: Resource): boolean {
  try {
    authorize(principal, action, resource);
    return true;
  } catch (error) {
    if (error instanceof Fault) return false;
    throw error;
  }
}

/** Gives the caller's role in an event: an install's owner owns every event. */
export function roleOf(principal: Principal, resource: Resource): Role | undefined {
  if (principal.kind === 'account') return principal.role === 'owner' ? 'owner' : resource.role;
  return principal.kind === 'guest' && principal.eventId === resource.eventId ? 'guest' : undefined;
}

/** Tells whether the caller belongs to an event's team, who see more of a photo than guests. */
export function isTeam(principal: Principal, resource: Resource): boolean {
  return isTeamRole(roleOf(principal, resource));
}

/** Tells whether a role belongs to an event's team. */
export function isTeamRole(role: Role | undefined): boolean {
  return role !== undefined && team.includes(role);
}

/** Tells whether somebody with one role may give another, change who has it, or take it: editors do not make editors. */
export function mayManage(by: Role | undefined, whom: Role): boolean {
  return by === 'owner' || (by === 'editor' && belowEditors.includes(whom));
}

function onlyAccounts(principal: Principal, action: Action): void {
  if (principal.kind !== 'account') throw new Fault('forbidden', 'Only a team member may do this.');
  if (action === 'event.create' && principal.role !== 'owner')
    throw new Fault('forbidden', 'Only the owner creates events.');
  if (action === 'stats.see' && principal.role !== 'owner')
    throw new Fault('forbidden', 'Only the owner may see this.');
}

function checkGuest(resource: Resource, action: Action): void {
  if (!resource.linkOpen) throw new Fault('forbidden', 'This link has expired.', { code: 'link_expired' });
  if (action === 'photo.upload' && !resource.linkUploads)
    throw new Fault('forbidden', 'Guests of this link may look, not upload.');
  if (resource.state === 'live' || resource.state === 'closed') return;
  throw new Fault('forbidden', 'The event is not open to its guests.', { code: 'event_closed' });
}
