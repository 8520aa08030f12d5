import * as z from 'zod/mini';

/** Matches a cursor in its text form, `<epoch>.<seq>`. */
export const CursorText = z.string().check(z.regex(/^[0-9a-f-]{36}\.\d{1,15}$/));

/** Names a place in one event's journal; seqs of two epochs are never compared. */
export interface Cursor {
  epoch: string;
  seq: number;
}

/** Writes a cursor as `<epoch>.<seq>`, the form of SSE ids and of `?after=`. */
export function formatCursor(cursor: Cursor): string {
  return `${cursor.epoch}.${cursor.seq}`;
}

/** Reads a cursor's text form; undefined when it is none. */
export function parseCursor(text: string): Cursor | undefined {
  if (!CursorText.safeParse(text).success) return undefined;
  const dot = text.lastIndexOf('.');
  return { epoch: text.slice(0, dot), seq: Number(text.slice(dot + 1)) };
}
