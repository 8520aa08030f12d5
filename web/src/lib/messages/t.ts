import type { Language } from '@kilat/contract';
import { IntlMessageFormat } from 'intl-messageformat';
import en from './en.json' with { type: 'json' };
import { spoken } from './language.ts';

/** Names a text of the catalogue. */
export type MessageKey = keyof typeof en;
type Catalogue = Record<MessageKey, string>;

const catalogues: Partial<Record<Language, Catalogue>> & { en: Catalogue } = { en };
const known = new Map<string, IntlMessageFormat>();

/** Brings the texts of a language, where they are not here yet: most visitors need one. */
export async function bring(language: Language): Promise<void> {
  if (language === 'id') catalogues.id ??= (await import('./id.json', { with: { type: 'json' } })).default;
}

/** Writes a text of the catalogue in the language spoken, with its values filled in (ICU message syntax). */
export function t(key: MessageKey, values: Record<string, string | number> = {}): string {
  const language = catalogues[spoken()] === undefined ? 'en' : spoken();
  const name = `${language} ${key}`;
  const format = known.get(name) ?? new IntlMessageFormat(catalogues[language]?.[key] ?? en[key], language);
  known.set(name, format);
  return String(format.format(values));
}

/** Tells whether the catalogue has a text of this name. */
export function has(key: string): key is MessageKey {
  return key in en;
}
