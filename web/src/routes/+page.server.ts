import { SessionView } from '@kilat/contract';
import { redirect } from '@sveltejs/kit';
import { asPageError, callAs } from '#lib/api/server.ts';

/** Sends the team to the studio and guests to their event. */
export async function load(event: import('./$types').PageServerLoadEvent) {
  const { data } = await callAs(event, 'GET', '/api/session').catch(asPageError);
  const session = SessionView.parse(data);
  if (session.kind === 'account') redirect(303, '/studio');
  if (session.event_id !== null) redirect(303, `/e/${session.event_id}`);
}
