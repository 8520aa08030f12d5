import { OpenedLink } from '@kilat/contract';
import { redirect } from '@sveltejs/kit';
import { asPageError, callAs } from '#lib/api/server.ts';

/** Opens a share link: the visitor becomes a guest, and goes on to an address without the token. */
export async function load(event: import('./$types').PageServerLoadEvent) {
  const { data, answer } = await callAs(event, 'POST', '/api/guest-sessions', { token: event.params.token }).catch(
    asPageError,
  );
  const [, name, value, maxAge] = /^([^=]+)=([^;]*);.*Max-Age=(\d+)/.exec(answer.headers.get('set-cookie') ?? '') ?? [];
  if (name !== undefined && value !== undefined) {
    event.cookies.set(name, value, {
      path: '/',
      httpOnly: true,
      sameSite: 'lax',
      secure: name.startsWith('__Host-'),
      maxAge: Number(maxAge),
    });
  }
  redirect(303, `/e/${OpenedLink.parse(data).event_id}`);
}
