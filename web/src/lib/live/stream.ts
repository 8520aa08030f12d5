import type { LiveEventName } from '@kilat/contract';

const reopenMs = 3_000;

/** Is a stream of the server's events that comes again by itself, also when it was closed for good. */
export interface Stream {
  /** Comes again in a moment, from where the reader is then. */
  reopen(): void;
  close(): void;
}

/** Opens a stream; `url` is asked anew at each opening, and `lost` is called when it broke. */
export function openStream(
  url: () => string,
  handlers: Partial<Record<LiveEventName, (data: unknown) => void>>,
  lost: () => void,
): Stream {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function open(): void {
    source = new EventSource(url());
    for (const [name, handle] of Object.entries(handlers))
      source.addEventListener(name, ({ data }: MessageEvent<string>) => handle(JSON.parse(data)));
    source.addEventListener('error', reopen);
  }
  // A browser gives up on an answer that is no stream; then it is on us to come again, from where we are.
  function reopen(): void {
    source?.close();
    lost();
    clearTimeout(timer);
    timer = setTimeout(open, reopenMs * (0.5 + Math.random()));
  }
  open();
  return {
    reopen,
    close: () => {
      source?.close();
      clearTimeout(timer);
    },
  };
}
