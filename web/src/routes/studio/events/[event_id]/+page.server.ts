import { EventView, LinkList, PhotoPage } from '@kilat/contract';
import { asPageError, callAs, isPhone } from '#lib/api/server.ts';

/** Loads an event as its team sees it: its links, and the first page of its photos. */
export async function load(event: import('./$types').PageServerLoadEvent) {
  const path = `/api/events/${event.params.event_id}`;
  try {
    const [view, links, page] = await Promise.all([
      callAs(event, 'GET', path),
      callAs(event, 'GET', `${path}/links`),
      callAs(event, 'GET', `${path}/photos`),
    ]);
    const open = LinkList.parse(links.data).links.find((link) => link.revoked_at === null);
    return {
      event: EventView.parse(view.data),
      guestUrl: open === undefined ? undefined : new URL(open.path, event.url.origin).href,
      page: PhotoPage.parse(page.data),
      phone: isPhone(event),
    };
  } catch (failure) {
    return asPageError(failure);
  }
}
