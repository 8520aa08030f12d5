import { People } from '@kilat/contract';
import { asPageError, callAs } from '#lib/api/server.ts';

/** Loads who works at an event, and who is invited. */
export async function load(event: import('./$types').PageServerLoadEvent) {
  const { data } = await callAs(event, 'GET', `/api/events/${event.params.event_id}/people`).catch(asPageError);
  return People.parse(data);
}
