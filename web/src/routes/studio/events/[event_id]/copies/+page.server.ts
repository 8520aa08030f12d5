import { BackupsView } from '@kilat/contract';
import { asPageError, callAs } from '#lib/api/server.ts';

/** Loads where an event's second copies go, and how far each place is. */
export async function load(event: import('./$types').PageServerLoadEvent) {
  const { data } = await callAs(event, 'GET', `/api/events/${event.params.event_id}/backups`).catch(asPageError);
  return { backups: BackupsView.parse(data) };
}
