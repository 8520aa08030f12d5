import { EventList } from '@kilat/contract';
import { asPageError, callAs } from '#lib/api/server.ts';

/** Loads the caller's events. */
export async function load(event: import('./$types').PageServerLoadEvent) {
  const { data } = await callAs(event, 'GET', '/api/events').catch(asPageError);
  return EventList.parse(data);
}
