import type { Handle, HandleServerError } from '@sveltejs/kit/hooks';
import { noteTrouble } from '#lib/api/trouble.ts';
import { languageOf } from '#lib/messages/language.ts';
import { BUCKET_ORIGIN } from '$app/env/private';

/** Names the language of every page, and sets the headers that it has. */
export const handle: Handle = async ({ event, resolve }) => {
  const language = languageOf(event.request.headers.get('accept-language'));
  const response = await resolve(event, {
    transformPageChunk: ({ html }) => html.replace('<html lang="en">', `<html lang="${language}">`),
  });
  allowBucket(response.headers);
  response.headers.append('vary', 'accept-language');
  response.headers.set('referrer-policy', 'same-origin');
  response.headers.set('x-content-type-options', 'nosniff');
  response.headers.set('x-robots-tag', 'noindex');
  return response;
};

/** Logs what a page failed by, and lets the page show the id of that line. */
export const handleError: HandleServerError = ({ kind, error, event }) => {
  const requestId = event.request.headers.get('x-request-id');
  const { cause } = event.locals;
  const trouble = { kind, error, cause, route: event.route.id, requestId };
  const error_id = noteTrouble(trouble, (line) => console.error(line));
  return error_id === undefined ? undefined : { error_id };
};

// The policy is composed at build time; only who runs this knows where its bucket is.
function allowBucket(headers: Headers): void {
  const policy = headers.get('content-security-policy');
  if (BUCKET_ORIGIN === '' || policy === null) return;
  headers.set('content-security-policy', `${policy}; connect-src 'self' ${BUCKET_ORIGIN}`);
}
