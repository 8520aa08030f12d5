import type { Handle } from '@sveltejs/kit/hooks';

/** Sets the headers that every page has. */
export const handle: Handle = async ({ event, resolve }) => {
  const response = await resolve(event);
  response.headers.set('referrer-policy', 'same-origin');
  response.headers.set('x-content-type-options', 'nosniff');
  response.headers.set('x-robots-tag', 'noindex');
  return response;
};
