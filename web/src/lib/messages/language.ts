import type { Language } from '@kilat/contract';

// “in” is what old phones call Indonesian.
const ours: Record<string, Language> = { en: 'en', id: 'id', in: 'id' };
let current: Language = 'en';

/** Says in which language a page is written. A page is rendered in one go: no other visitor's page comes between. */
export function speak(language: Language): void {
  current = language;
}

/** Gives the language that is spoken. */
export function spoken(): Language {
  return current;
}

/** Chooses, of the languages that there are, the one that a browser asks for most (Accept-Language); else English. */
export function languageOf(accepted: string | null): Language {
  const wishes = (accepted ?? '').split(',').map((wish) => {
    const [tag = '', ...params] = wish.trim().toLowerCase().split(';');
    const quality = params.find((param) => param.trim().startsWith('q='));
    return { name: tag.split('-', 1).join(), quality: quality === undefined ? 1 : Number(quality.trim().slice(2)) };
  });
  const ranked = wishes.filter(({ quality }) => quality > 0).toSorted((a, b) => b.quality - a.quality);
  return ranked.map(({ name }) => ours[name]).find((language) => language !== undefined) ?? 'en';
}

/** Makes something of a language once for each that is spoken, and gives it. */
export function inLanguage<T>(make: (language: Language) => T): () => T {
  const made = new Map<Language, T>();
  return () => {
    const one = made.get(current) ?? make(current);
    made.set(current, one);
    return one;
  };
}
