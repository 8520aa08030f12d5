import { Fault } from '#internal/fault/fault.ts';

/** Says why a file cannot be decoded, in words for people; any other throw of a decoder is a fault of ours. */
export class Undecodable extends Error {}

/** Runs a decoder's call: what it throws, for whatever reason, is that the file cannot be decoded. */
export async function understood<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (cause) {
    if (cause instanceof Undecodable) throw cause;
    const words = cause instanceof Fault && cause.kind === 'invalid' ? cause.message : 'The photo cannot be decoded.';
    throw new Undecodable(words, { cause });
  }
}
