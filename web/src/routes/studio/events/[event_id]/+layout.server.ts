import { EventView, FailurePage, LinkList, type LinkView, People, PhotoPage, SessionView } from '@kilat/contract';
import { ApiFailure } from '#lib/api/failure.ts';
import { asPageError, callAs, isPhone } from '#lib/api/server.ts';
import { totalOf } from '#lib/studio/failures/failing.svelte.ts';

/** Loads what all tabs of an event share; `links` are there for who manages it, `failing` for its team. */
export async function load(event: import('./$types').LayoutServerLoadEvent) {
  const path = `/api/events/${event.params.event_id}`;
  try {
    const [view, page, session, links, failing, people] = await Promise.all([
      callAs(event, 'GET', path),
      callAs(event, 'GET', `${path}/photos`),
      callAs(event, 'GET', '/api/session'),
      linksOf(event, path),
      failingOf(event, path),
      ifAllowed(event, `${path}/people`),
    ]);
    const { account } = SessionView.parse(session.data);
    return {
      event: EventView.parse(view.data),
      page: PhotoPage.parse(page.data),
      accountId: account?.account_id,
      owns: people !== undefined && isOwner(People.parse(people), account),
      links,
      failing,
      origin: event.url.origin,
      phone: isPhone(event),
    };
  } catch (failure) {
    return asPageError(failure);
  }
}

function isOwner({ members }: People, account: SessionView['account']): boolean {
  const own = members.find(({ account_id }) => account_id === account?.account_id);
  return account?.role === 'owner' || own?.role === 'owner';
}

type Loading = import('./$types').LayoutServerLoadEvent;

async function linksOf(event: Loading, path: string): Promise<LinkView[] | undefined> {
  const data = await ifAllowed(event, `${path}/links`);
  return data && LinkList.parse(data).links.filter((link) => link.revoked_at === null);
}

async function failingOf(event: Loading, path: string): Promise<number | undefined> {
  const data = await ifAllowed(event, `${path}/failures?limit=1`);
  return data && totalOf(FailurePage.parse(data));
}

async function ifAllowed(event: Loading, path: string): Promise<object | undefined> {
  try {
    return (await callAs(event, 'GET', path)).data as object;
  } catch (failure) {
    if (failure instanceof ApiFailure && failure.status === 403) return undefined;
    throw failure;
  }
}
