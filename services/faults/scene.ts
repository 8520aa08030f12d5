import { EventView, LinkList } from '@kilat/contract';
import { cookieOf, type Fleet, post } from './fleet.ts';
import { followLive } from './follower.ts';

/** Is an event and the sessions of those who have to do with it. */
export interface Scene {
  eventId: string;
  owner: string;
  guest: string;
}

/** Opens an event, and its guest link. */
export async function openScene(fleet: Fleet, owner: string): Promise<Scene> {
  const event = EventView.parse(await (await post(`${fleet.api}/api/events`, { title: 'Faults' }, owner)).json());
  const answer = await fetch(`${fleet.api}/api/events/${event.event_id}/links`, { headers: { cookie: owner } });
  const [link] = LinkList.parse(await answer.json()).links;
  const guest = cookieOf(await post(`${fleet.api}/api/guest-sessions`, { token: link?.path.split('/').at(-1) }));
  return { eventId: event.event_id, owner, guest };
}

/** Lets two guests and the owner follow an event from now on. */
export async function follow(fleet: Fleet, { eventId, owner, guest }: Scene) {
  const page = await fetch(`${fleet.api}/api/events/${eventId}/photos`, { headers: { cookie: guest } });
  const { cursor } = (await page.json()) as { cursor: string };
  return [guest, guest, owner].map((cookie) => followLive(`${fleet.live}/live/events/${eventId}`, cookie, cursor));
}
