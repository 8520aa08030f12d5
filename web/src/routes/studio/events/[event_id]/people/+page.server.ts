import { People, QuotaView } from '@kilat/contract';
import { asPageError, callAs } from '#lib/api/server.ts';

/** Loads who works at an event, who is invited, and what the event may take. */
export async function load(event: import('./$types').PageServerLoadEvent) {
  const read = (name: string) => callAs(event, 'GET', `/api/events/${event.params.event_id}/${name}`);
  const [people, quota] = await Promise.all([read('people'), read('quota')]).catch(asPageError);
  return { ...People.parse(people.data), quota: QuotaView.parse(quota.data) };
}
