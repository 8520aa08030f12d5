import { languageOf } from '#lib/messages/language.ts';

/** Finds out in which language the visitor reads. */
export function load({ request }: import('./$types').LayoutServerLoadEvent) {
  return { language: languageOf(request.headers.get('accept-language')) };
}
