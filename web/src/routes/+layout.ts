import { bring } from '#lib/messages/t.ts';

/** Brings the texts of the visitor's language before anything is written. */
export async function load({ data }: import('./$types').LayoutLoadEvent) {
  await bring(data.language);
  return data;
}
