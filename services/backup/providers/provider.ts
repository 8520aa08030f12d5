import type { Readable } from 'node:stream';

/** Is what is known of some bytes; hashes are lower-case hex, crc32 an unsigned number. */
export interface Sums {
  sha256?: string | undefined;
  crc32?: number | undefined;
  md5?: string | undefined;
}

/** Is one original to be copied. `size` is in bytes; `sha256` and `crc32` are there where Kilat knows them. */
export interface Copy extends Pick<Sums, 'sha256' | 'crc32'> {
  eventId: string;
  photoId: string;
  version: number;
  size: number;
  contentType: string;
  fileName: string;
  /** Is what `reserve` answered for this copy before its first try, where the provider has one. */
  reserved?: string | undefined;
  /** Opens the original from its first byte; may be called again when a try was lost. The caller hashes what it reads. */
  open(signal: AbortSignal): Promise<Readable>;
}

/** Is what a provider says of a copy: its size in bytes and the hashes that it keeps. */
export interface FarSide {
  size: number;
  sums: Sums;
}

/** Is a copy at its provider; `address` is opaque to others, begins with a scheme and never carries a secret. */
export interface Stored extends FarSide {
  address: string;
}

/** Is a copy as a listing has it. */
export interface Listed {
  address: string;
  photoId: string;
  version: number;
  size: number;
}

/** Is a journal's head at a moment; the same `name` within an event always has the same text. */
export interface Head {
  eventId: string;
  name: string;
  text: string;
}

/**
 * Is one place for second copies. Failures are Faults: `exhausted`, with retryAfter where it is told, when the provider
 * limits; `unavailable` when it is away, cannot be reached or refuses our key; `invalid` for what will never work; any
 * other throw is tried again. Never in a message: a key, a token or a file name. Signals end a call early, with any throw.
 */
export interface Provider extends AsyncDisposable {
  /** Is the name that the settings give it, such as `r2` or `drive`: lower-case letters, digits and dashes. */
  readonly name: string;
  /**
   * Names the address of a copy before it is put, where that cannot be told by its ids alone. Written down before the
   * first try it makes a repeat safe also while the far side's search does not know yet what a crashed try stored.
   */
  reserve?(copy: Copy, signal: AbortSignal): Promise<string>;
  /**
   * Streams an original to where this photo's version belongs. A repeat, also after a lost answer or a crash in the
   * middle, finds or replaces what is there: there is never a second copy.
   */
  put(copy: Copy, signal: AbortSignal): Promise<Stored>;
  /** Asks what the far side has at an address; undefined when it has nothing there. */
  check(address: string, signal: AbortSignal): Promise<FarSide | undefined>;
  /** Reads a copy from its first byte; undefined when there is none. */
  read(address: string, signal: AbortSignal): Promise<Readable | undefined>;
  /** Removes a copy for good; one that is missing is fine. */
  remove(address: string, signal: AbortSignal): Promise<void>;
  /** Writes a head beside an event's copies; never over another name. */
  putHead(head: Head, signal: AbortSignal): Promise<void>;
  /** Lists an event's copies as the far side has them; heads are none. */
  list(eventId: string, signal: AbortSignal): AsyncIterable<Listed>;
}
