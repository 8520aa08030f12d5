import type { MediaGrant } from '@kilat/contract';
import type { Resource } from './authorize.ts';
import { roleOf } from './authorize.ts';
import type { Capabilities } from './capability.ts';
import type { Principal } from './principal.ts';

const mayHaveOriginals = new Set(['owner', 'editor', 'photographer']);

/** Grants a caller the media that its role may have; the caller was authorized to see the event. */
export function grantFor(capabilities: Capabilities, principal: Principal, resource: Resource): MediaGrant {
  const role = roleOf(principal, resource);
  const scope = role !== undefined && mayHaveOriginals.has(role) ? 'original' : 'view';
  const link =
    principal.kind === 'guest'
      ? { linkId: principal.linkId, linkGeneration: principal.linkGeneration }
      : { linkId: 'team', linkGeneration: 0 };
  return capabilities.grant({ eventId: resource.eventId, scope, ...link });
}
