import { PushNews } from '@kilat/contract';

/** Is how a message is shown: newer news of an event take the place of older, and are heard again. */
export interface Shown {
  title: string;
  options: { body?: string; tag: string; renotify: boolean; icon: string; data: { path: string } };
}

const icon = '/icon-192.png';

/** Says how a push message is shown. One that cannot be read is shown too: browsers end what is silent. */
export function shownAs(text: string): Shown {
  const news = PushNews.safeParse(jsonOf(text));
  if (!news.success) return { title: 'Kilat', options: { tag: 'kilat', renotify: false, icon, data: { path: '/' } } };
  const { title, body, path, event_id: tag } = news.data;
  return { title, options: { body, tag, renotify: true, icon, data: { path } } };
}

/** Gives the page that a notification leads to, on this origin whatever it says. */
export function pageOf(data: unknown, origin: string): string {
  const path = (data as { path?: unknown } | null)?.path;
  const url = new URL(typeof path === 'string' ? path : '/', origin);
  return url.origin === origin ? url.href : `${origin}/`;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
