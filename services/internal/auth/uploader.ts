import type { Role } from '@kilat/contract';
import { Fault } from '../fault/fault.ts';
import { type Resource, roleOf } from './authorize.ts';
import type { Principal } from './principal.ts';

/** Is who uploads: an account, or one guest's session. `uploaderId` is what limits, quotas and ownership go by. */
export interface Uploader {
  uploaderId: string;
  accountId: string | null;
  name: string | null;
  role: Role;
}

/** Gives the id by which a caller's uploads are known; undefined for a stranger, who has none. */
export function uploaderIdOf(principal: Principal): string | undefined {
  if (principal.kind === 'account') return principal.accountId;
  return principal.kind === 'guest' ? principal.sessionId : undefined;
}

/** Gives the uploader that a caller is in an event where it was authorized to upload. */
export function uploaderOf(principal: Principal, resource: Resource): Uploader {
  const [uploaderId, role] = [uploaderIdOf(principal), roleOf(principal, resource)];
  if (uploaderId === undefined || role === undefined) throw new Fault('forbidden', 'Only who takes part may upload.');
  const account = principal.kind === 'account' ? principal : undefined;
  return { uploaderId, accountId: account?.accountId ?? null, name: account?.name ?? null, role };
}
