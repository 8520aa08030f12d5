import { CardReport } from '@kilat/contract';
import { asPageError, callAs } from '#lib/api/server.ts';

/** Loads the report of one card. */
export async function load(event: import('./$types').PageServerLoadEvent) {
  const { event_id, job_id } = event.params;
  const { data } = await callAs(event, 'GET', `/api/events/${event_id}/jobs/${job_id}/card`).catch(asPageError);
  return { report: CardReport.parse(data) };
}
