import type { MediaGrant, Role } from '@kilat/contract';
import type { Resource } from './authorize.ts';
import { roleOf } from './authorize.ts';
import type { Capabilities, Capability } from './capability.ts';
import type { Principal } from './principal.ts';

const haveOriginals: readonly Role[] = ['owner', 'editor', 'photographer'];

/** Tells whether a role may have originals. */
export function mayHaveOriginals(role: Role | undefined): boolean {
  return role !== undefined && haveOriginals.includes(role);
}

/** Grants a caller the media that its role may have; the caller was authorized to see the event. */
export function grantFor(capabilities: Capabilities, principal: Principal, resource: Resource): MediaGrant {
  const scope = mayHaveOriginals(roleOf(principal, resource)) ? 'original' : 'view';
  return capabilities.grant({ eventId: resource.eventId, scope, ...holderOf(principal) });
}

// A guest's is the link's, so that all its guests share one URL a picture; an account's ends with its membership.
function holderOf(principal: Principal): Pick<Capability, 'holder' | 'holderId' | 'generation'> {
  if (principal.kind === 'guest')
    return { holder: 'link', holderId: principal.linkId, generation: principal.linkGeneration };
  return { holder: 'account', holderId: principal.kind === 'account' ? principal.accountId : '', generation: 0 };
}
