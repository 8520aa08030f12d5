import { LRUCache } from 'lru-cache';
import type { Capabilities, Capability } from '#internal/auth/capability.ts';
import type { Database } from '#internal/database/database.ts';
import { Fault } from '#internal/fault/fault.ts';
import { isVisible, type PhotoRow, readPhotos } from '#internal/photos/view.ts';

const factsMs = 30_000;

/** Decides whether a capability opens a photo; throws forbidden or missing. */
export interface Permit {
  check(text: string, eventId: string, photoId: string, wants: Capability['scope']): Promise<PhotoRow>;
  /** Forgets what is known of a photo, because the journal has news of it. */
  forget(photoId: string): void;
  forgetAll(): void;
}

/** Makes a permit; photos and links are looked at again after 30 s at the latest, so that revoking works within 60 s. */
export function permitOf(database: Database, capabilities: Capabilities): Permit {
  const photos = new LRUCache<string, { eventId: string; row: PhotoRow }>({ max: 20_000, ttl: factsMs });
  const links = new LRUCache<string, { open: boolean }>({ max: 5_000, ttl: factsMs });
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
  async function isOpen({ eventId, linkId, linkGeneration }: Capability): Promise<boolean> {
    if (linkId === 'team') return true;
    const key = `${linkId}.${linkGeneration}`;
    const kept = links.get(key);
    if (kept !== undefined) return kept.open;
    const before = news;
    const open = await readOpen(database, eventId, linkId, linkGeneration);
    if (before === news) links.set(key, { open });
    return open;
  }
  return {
    async check(text, eventId, photoId, wants) {
      const capability = capabilities.verify(text);
      judge(capability, eventId, wants);
      if (!(await isOpen(capability))) throw new Fault('forbidden', 'This link has expired.', { code: 'link_expired' });
      const row = await rowOf(eventId, photoId);
      const audience = capability.linkId === 'team' ? 'team' : 'guest';
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
      links.clear();
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

async function readOpen(database: Database, eventId: string, linkId: string, generation: number): Promise<boolean> {
  const rows = await database.query(
    `select 1 as one from links l join events e using (event_id)
     where l.event_id = $1 and l.link_id = $2 and l.generation = $3 and l.revoked_at is null
       and (l.expires_at is null or l.expires_at > now()) and e.state in ('live', 'closed')`,
    [eventId, linkId, generation],
  );
  return rows.length > 0;
}
