import { asPageError, callAs } from '#lib/api/server.ts';
import { readOverview } from '#lib/studio/failures/overview.ts';

/** Loads what failed in an event: how much, and the newest of each cause. */
export async function load(event: import('./$types').PageServerLoadEvent) {
  const url = `/api/events/${event.params.event_id}/failures`;
  const read = async (query: string) => (await callAs(event, 'GET', `${url}?${query}`)).data;
  return { failures: await readOverview(read).catch(asPageError) };
}
