import { jsonOf } from './failure.ts';

/** Calls the api from the browser, on our own origin; throws ApiFailure. */
export async function call(method: string, path: string, body?: object): Promise<unknown> {
  const init =
    body === undefined
      ? { method }
      : { method, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
  return jsonOf(await fetch(path, init));
}
