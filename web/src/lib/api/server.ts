import { error, type RequestEvent } from '@sveltejs/kit';
import { API_URL } from '$app/env/private';
import { ApiFailure, jsonOf } from './failure.ts';

/** Calls the api while a page is rendered, as the visitor; throws ApiFailure, of status 503 when the api is not reached. */
export async function callAs(
  event: RequestEvent,
  method: string,
  path: string,
  body?: object,
): Promise<{ data: unknown; answer: Response }> {
  const headers = new Headers({
    'x-forwarded-for': event.getClientAddress(),
    'x-forwarded-proto': event.url.protocol.slice(0, -1),
  });
  for (const name of ['cookie', 'x-request-id']) {
    const value = event.request.headers.get(name);
    if (value !== null) headers.set(name, value);
  }
  if (body !== undefined) headers.set('content-type', 'application/json');
  try {
    const init = { method, headers, body: body === undefined ? undefined : JSON.stringify(body) };
    const answer = await fetch(new URL(path, API_URL), init);
    return { data: await jsonOf(answer), answer };
  } catch (cause) {
    if (cause instanceof ApiFailure) throw cause;
    event.locals.cause = cause; // for the log alone: it names addresses that are no visitor's business
    throw new ApiFailure(503, 'unavailable', 'Kilat is away for a moment.');
  }
}

/** Guesses from what a browser says of itself whether its screen is a phone's. */
export function isPhone({ request }: RequestEvent): boolean {
  const hint = request.headers.get('sec-ch-ua-mobile');
  return hint === null ? /Mobi/.test(request.headers.get('user-agent') ?? '') : hint === '?1';
}

/** Turns a refusal into the error page that fits it. */
export function asPageError(failure: unknown): never {
  if (failure instanceof ApiFailure) error(failure.status, { message: failure.message, code: failure.code });
  throw failure;
}
