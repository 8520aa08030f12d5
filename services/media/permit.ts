import { LRUCache } from 'lru-cache';
import type { Capabilities, Capability } from '#internal/auth/capability.ts';
import type { Database } from '#internal/database/database.ts';
import { Fault } from '#internal/fault/fault.ts';
import { isVisible, type PhotoRow, readPhotos } from '#internal/photos/view.ts';
import { type Holder, readHolder } from './holder.ts';

const factsMs = 30_000;

/** Decides whether a capability opens a photo; throws forbidden or missing. */
export interface Permit {
  check(text: string, eventId: string, photoId: string, wants: Capability['scope']): Promise<PhotoRow>;
  /** Forgets what is known of a photo, because the journal has news of it. */
  forget(photoId: string): void;
  forgetAll(): void;
}

/** Makes a permit; photos and holders are looked at again after 30 s at the latest, so that revoking works within 60 s. */
export function permitOf(database: Database, capabilities: Capabilities): Permit {
  const photos = new LRUCache<string, { eventId: string; row: PhotoRow }>({ max: 20_000, ttl: factsMs });
  const holders = new LRUCache<string, Holder>({ max: 5_000, ttl: factsMs });
  let news = 0;
  async function rowOf(eventId: string, photoId: string): Promise<PhotoRow | undefined> {
    const kept = photos.get(photoId);
    if (kept?.eventId === eventId) return kept.row;
    const before = news;
    const [row] = await readPhotos(database, eventId, [photoId]);
    // What the journal has news of meanwhile is not kept: it may be older than the news.
    if (row !== undefined && before === news) photos.set(photoId, { eventId, row });
    return row;
  }
  async function holderOf(capability: Capability): Promise<Holder> {
    const key = `${capability.eventId}.${capability.holderId}.${capability.generation}`;
    const kept = holders.get(key);
    if (kept !== undefined) return kept;
    const before = news;
    const holder = await readHolder(database, capability);
    if (before === news) holders.set(key, holder);
    return holder;
  }
  return {
    async check(text, eventId, photoId, wants) {
      const capability = capabilities.verify(text);
      judge(capability, eventId, wants);
      const { audience, originals } = await holderOf(capability);
      if (audience === undefined) throw new Fault('forbidden', 'This link has expired.', { code: 'link_expired' });
      if (wants === 'original' && !originals)
        throw new Fault('forbidden', 'This address has expired.', { code: 'capability_expired' });
      const row = await rowOf(eventId, photoId);
      if (row === undefined || !isVisible(row, audience))
        throw new Fault('missing', 'There is no such photo.', { code: 'photo_missing' });
      return row;
    },
    forget: (photoId) => {
      news += 1;
      photos.delete(photoId);
    },
    forgetAll: () => {
      news += 1;
      photos.clear();
      holders.clear();
    },
  };
}

function judge(
  capability: Capability | undefined,
  eventId: string,
  wants: Capability['scope'],
): asserts capability is Capability {
  if (
    capability === undefined ||
    capability.eventId !== eventId ||
    (wants === 'original' && capability.scope !== 'original')
  ) {
    throw new Fault('forbidden', 'This address is not valid.', { code: 'capability_invalid' });
  }
  if (capability.expires * 1_000 < Date.now())
    throw new Fault('forbidden', 'This address has expired.', { code: 'capability_expired' });
}
