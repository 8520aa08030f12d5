import { FailurePage } from '@kilat/contract';
import { asPageError, callAs } from '#lib/api/server.ts';

/** Loads what failed in an event, newest first, and how much of it there is. */
export async function load(event: import('./$types').PageServerLoadEvent) {
  const { data } = await callAs(event, 'GET', `/api/events/${event.params.event_id}/failures`).catch(asPageError);
  return { failures: FailurePage.parse(data) };
}
