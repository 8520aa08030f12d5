/** Remembers for which events this browser asked to be told: the subscription itself is one for all of them. */
export interface Remembered {
  has(eventId: string): boolean;
  add(eventId: string): void;
  /** Forgets an event; answers whether any other is left. */
  drop(eventId: string): boolean;
}

const name = 'kilat.push';

/** Remembers in what the browser keeps for this origin. */
export function rememberedBy(storage: Pick<Storage, 'getItem' | 'setItem'>): Remembered {
  const read = () => new Set((storage.getItem(name) ?? '').split(' ').filter(Boolean));
  const write = (all: Set<string>) => storage.setItem(name, [...all].join(' '));
  return {
    has: (eventId) => read().has(eventId),
    add: (eventId) => write(read().add(eventId)),
    drop(eventId) {
      const all = read();
      all.delete(eventId);
      write(all);
      return all.size > 0;
    },
  };
}
