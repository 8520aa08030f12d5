import { IntlMessageFormat } from 'intl-messageformat';
import en from './en.json' with { type: 'json' };

/** Names a text of the catalogue. */
export type MessageKey = keyof typeof en;

const known = new Map<MessageKey, IntlMessageFormat>();

/** Writes a text of the catalogue with its values filled in (ICU message syntax). */
export function t(key: MessageKey, values: Record<string, string | number> = {}): string {
  const format = known.get(key) ?? new IntlMessageFormat(en[key], 'en');
  known.set(key, format);
  return String(format.format(values));
}

/** Tells whether the catalogue has a text of this name. */
export function has(key: string): key is MessageKey {
  return key in en;
}
