import { EventView, PhotoPage } from '@kilat/contract';
import { asPageError, callAs, isPhone } from '#lib/api/server.ts';

/** Loads an event and the first page of its photos as this visitor may see them. */
export async function load(event: import('./$types').PageServerLoadEvent) {
  const path = `/api/events/${event.params.event_id}`;
  try {
    const [view, page] = await Promise.all([callAs(event, 'GET', path), callAs(event, 'GET', `${path}/photos`)]);
    return { event: EventView.parse(view.data), page: PhotoPage.parse(page.data), phone: isPhone(event) };
  } catch (failure) {
    return asPageError(failure);
  }
}
