import { JobList } from '@kilat/contract';
import { asPageError, callAs } from '#lib/api/server.ts';

/** Loads what was announced for an event, newest first. */
export async function load(event: import('./$types').PageServerLoadEvent) {
  const { data } = await callAs(event, 'GET', `/api/events/${event.params.event_id}/jobs`).catch(asPageError);
  return JobList.parse(data);
}
