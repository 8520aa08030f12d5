import { Preferences } from '@kilat/contract';
import { asPageError, callAs } from '#lib/api/server.ts';

/** Loads what the caller wants to be told. */
export async function load(event: import('./$types').PageServerLoadEvent) {
  const { data } = await callAs(event, 'GET', '/api/notifications/preferences').catch(asPageError);
  return { preferences: Preferences.parse(data) };
}
