import { createHmac, timingSafeEqual } from 'node:crypto';
import type { MediaGrant } from '@kilat/contract';
import { deriveKey } from './token.ts';

/** Names what a capability opens: renditions, or originals too. */
export type Scope = 'view' | 'original';

/** Is what a capability says: one event, one scope, for one generation of one link or for one account, until a second. */
export interface Capability {
  eventId: string;
  scope: Scope;
  holder: 'link' | 'account';
  holderId: string;
  /** Is the link's generation; 0 for an account. */
  generation: number;
  expires: number;
}

// Rounded to the half hour, so that all guests of a link share one URL per picture and caches can serve it.
const roundSeconds = 1_800;
const lifeSeconds = 6 * 3_600;

/** Signs and checks media capabilities with a key of the install's secret. */
export function capabilitiesOf(secret: string) {
  const key = deriveKey(secret, 'media-capability');
  const sign = (payload: string) => createHmac('sha256', key).update(payload).digest();
  return {
    /** Grants media of one event for 6 to 6.5 hours; ask for the next one an hour before its end. */
    grant(what: Omit<Capability, 'expires'>, now = Date.now()): MediaGrant {
      const expires = Math.ceil((now / 1_000 + lifeSeconds) / roundSeconds) * roundSeconds;
      const payload = [what.eventId, what.scope, what.holder, what.holderId, what.generation, expires].join('.');
      const capability = `${Buffer.from(payload).toString('base64url')}.${sign(payload).toString('base64url')}`;
      return { capability, expires_at: new Date(expires * 1_000).toISOString() };
    },
    /** Reads a capability; undefined when its signature is not ours. Expiry is for the caller to judge. */
    verify(text: string): Capability | undefined {
      const [body = '', signature = ''] = text.split('.');
      const payload = Buffer.from(body, 'base64url').toString();
      const given = Buffer.from(signature, 'base64url');
      const right = sign(payload);
      if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined;
      const [eventId = '', scope, holder, holderId = '', generation, expires] = payload.split('.');
      return {
        eventId,
        scope: scope === 'original' ? 'original' : 'view',
        holder: holder === 'account' ? 'account' : 'link',
        holderId,
        generation: Number(generation),
        expires: Number(expires),
      };
    },
  };
}
export type Capabilities = ReturnType<typeof capabilitiesOf>;
