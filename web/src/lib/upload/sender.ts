import type { Trouble } from './patience.ts';

/** Is told what becomes of the files that a sender sends, by the ids that they were given to it under. */
export interface SenderEvents {
  progress(id: string, sent: number): void;
  stored(id: string): void;
  failed(id: string, trouble: Trouble, detail: string): void;
}

/** Sends announced files by one way, a few at once. */
export interface Sender {
  /** Takes a file in; `url` is where the server said that it goes. */
  send(id: string, file: File, url: string): void;
  /** Stops or goes on; answers whether the file is paused now, or undefined when it is not on its way. */
  pauseOrResume(id: string): boolean | undefined;
  retry(id: string): void;
  remove(id: string): void;
  destroy(): void;
}

/** Is how many files are sent at once: browsers open six connections to an origin over HTTP/1.1, and two are for all else. */
export const filesAtOnce = 4;
