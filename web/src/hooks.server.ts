import type { Handle } from '@sveltejs/kit/hooks';
import { BUCKET_ORIGIN } from '$app/env/private';

/** Sets the headers that every page has. */
export const handle: Handle = async ({ event, resolve }) => {
  const response = await resolve(event);
  allowBucket(response.headers);
  response.headers.set('referrer-policy', 'same-origin');
  response.headers.set('x-content-type-options', 'nosniff');
  response.headers.set('x-robots-tag', 'noindex');
  return response;
};

// The policy is composed at build time; only who runs this knows where its bucket is.
function allowBucket(headers: Headers): void {
  const policy = headers.get('content-security-policy');
  if (BUCKET_ORIGIN === '' || policy === null) return;
  headers.set('content-security-policy', `${policy}; connect-src 'self' ${BUCKET_ORIGIN}`);
}
