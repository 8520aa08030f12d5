import { setTimeout as sleep } from 'node:timers/promises';

/** Is one guest who follows an event over reconnects. */
export interface Guest {
  /** Answers when it first saw each photo's entry of a type, in milliseconds since 1970. */
  seen: Record<'photo.stored' | 'photo.rendered', Map<string, number>>;
  /** Lists what it could not prove to have whole. */
  holes: string[];
  reconnects: number;
  close(): void;
}

interface Frame {
  from: number;
  to: number;
  entries: { type: string; photo_id?: string }[];
}

/** Follows an event's stream as a guest's page does; each reconnect goes on behind the last frame. */
export function follow(url: string, cookie: string, start: string): Guest {
  const stop = new AbortController();
  let cursor = start;
  const guest: Guest = {
    seen: { 'photo.stored': new Map(), 'photo.rendered': new Map() },
    holes: [],
    reconnects: -1,
    close: () => stop.abort(),
  };
  const take = ({ event, data, id }: Message) => {
    if (event === 'resync') guest.holes.push(`resync at ${cursor}`);
    if (event !== 'frame') return;
    const frame = JSON.parse(data) as Frame;
    if (frame.from !== Number(cursor.split('.')[1])) guest.holes.push(`${cursor} -> ${frame.from}`);
    cursor = id ?? cursor;
    for (const { type, photo_id: id = '' } of frame.entries) {
      if (type === 'photo.stored' || type === 'photo.rendered') guest.seen[type].set(id, Date.now());
    }
  };
  void (async () => {
    for (; !stop.signal.aborted; await sleep(200)) {
      guest.reconnects += 1;
      await once(`${url}?after=${cursor}`, cookie, stop.signal, take).catch(() => {});
    }
  })();
  return guest;
}

interface Message {
  event: string | undefined;
  data: string;
  id: string | undefined;
}

async function once(url: string, cookie: string, signal: AbortSignal, take: (message: Message) => void): Promise<void> {
  const silence = new AbortController();
  const answer = await fetch(url, { headers: { cookie }, signal: AbortSignal.any([signal, silence.signal]) });
  // A heartbeat comes every 15 s: who hears nothing for longer has been cut without a word.
  let timer = setTimeout(() => silence.abort(), 40_000);
  let text = '';
  const decoder = new TextDecoder();
  try {
    for await (const chunk of answer.body ?? []) {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), 40_000);
      text += decoder.decode(chunk, { stream: true });
      const messages = text.split('\n\n');
      text = messages.pop() ?? '';
      for (const message of messages) take(parse(message));
    }
  } finally {
    clearTimeout(timer);
  }
}

function parse(message: string): Message {
  const field = (name: string) =>
    message
      .split('\n')
      .find((line) => line.startsWith(`${name}: `))
      ?.slice(name.length + 2);
  return { event: field('event'), data: field('data') ?? '', id: field('id') };
}
