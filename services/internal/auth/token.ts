import { createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';

/** Makes an opaque token of 256 random bits, as base64url. */
export function newToken(): string {
  return randomBytes(32).toString('base64url');
}

/** Hashes a token for storage: a stolen database opens nothing. */
export function hashToken(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** Derives the key of one purpose from the install's secret, so that no signature serves another purpose. */
export function deriveKey(secret: string, purpose: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `kilat ${purpose}`, 32));
}

/** Derives a share link's token from its id and generation: the studio can show it again, a stolen database cannot. */
export function shareToken(secret: string, { linkId, generation }: { linkId: string; generation: number }): string {
  return derivedToken(secret, 'share-link', linkId, generation);
}

/** Derives an invite's token, as a share link's. */
export function inviteToken(
  secret: string,
  { inviteId, generation }: { inviteId: string; generation: number },
): string {
  return derivedToken(secret, 'invite', inviteId, generation);
}

function derivedToken(secret: string, purpose: string, id: string, generation: number): string {
  return createHmac('sha256', deriveKey(secret, purpose)).update(`${id}.${generation}`).digest('base64url');
}
