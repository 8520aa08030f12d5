import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';

/** Is one thing that a client saw. */
export interface Seen {
  client: number;
  shot: number;
  what: 'created' | 'offset' | 'stored' | 'refused' | 'failed' | 'answered';
  photoId?: string | undefined;
  status?: number | undefined;
  offset?: number | undefined;
  method?: string | undefined;
  code?: string | undefined;
  retryAfter?: string | undefined;
}

/** Is what clients saw, in order: written to a file and synced a few times a second, so that it outlives what it judges. */
export interface History extends Disposable {
  readonly file: string;
  add(seen: Seen): void;
}

const syncEveryMs = 250;

/** Opens a new history. */
export function openHistory(file: string): History {
  const handle = openSync(file, 'a');
  let lines: string[] = [];
  const flush = () => {
    if (lines.length === 0) return;
    writeSync(handle, lines.join(''));
    lines = [];
    fsyncSync(handle);
  };
  const timer = setInterval(flush, syncEveryMs);
  return {
    file,
    add: (seen) => void lines.push(`${JSON.stringify({ at: Date.now(), ...seen })}\n`),
    [Symbol.dispose]() {
      clearInterval(timer);
      flush();
      closeSync(handle);
    },
  };
}
