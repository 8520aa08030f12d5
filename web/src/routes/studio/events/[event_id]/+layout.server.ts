import { EventView, LinkList, type LinkView, PhotoPage, SessionView } from '@kilat/contract';
import { ApiFailure } from '#lib/api/failure.ts';
import { asPageError, callAs, isPhone } from '#lib/api/server.ts';

/** Loads what all tabs of an event share; `links` are there for who manages it. */
export async function load(event: import('./$types').LayoutServerLoadEvent) {
  const path = `/api/events/${event.params.event_id}`;
  try {
    const [view, page, session, links] = await Promise.all([
      callAs(event, 'GET', path),
      callAs(event, 'GET', `${path}/photos`),
      callAs(event, 'GET', '/api/session'),
      linksOf(event, path),
    ]);
    return {
      event: EventView.parse(view.data),
      page: PhotoPage.parse(page.data),
      accountId: SessionView.parse(session.data).account?.account_id,
      links,
      origin: event.url.origin,
      phone: isPhone(event),
    };
  } catch (failure) {
    return asPageError(failure);
  }
}

async function linksOf(event: import('./$types').LayoutServerLoadEvent, path: string): Promise<LinkView[] | undefined> {
  try {
    const { data } = await callAs(event, 'GET', `${path}/links`);
    return LinkList.parse(data).links.filter((link) => link.revoked_at === null);
  } catch (failure) {
    if (failure instanceof ApiFailure && failure.status === 403) return undefined;
    throw failure;
  }
}
