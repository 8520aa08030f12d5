/** Makes a source of numbers from 0 up to below 1 that gives the same ones for the same seed. */
export function chanceOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    // The low bits of such a generator repeat soon; the high ones are mixed into them.
    return (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) >>> 0) / 2 ** 32;
  };
}

/** Copies bytes and turns over one bit that the seed chooses. */
export function flipped(bytes: Buffer, seed: number): Buffer {
  const chance = chanceOf(seed);
  const copy = Buffer.from(bytes);
  const place = Math.floor(chance() * copy.length);
  copy[place] = (copy[place] ?? 0) ^ (1 << Math.floor(chance() * 8));
  return copy;
}

/** Cuts bytes off after so many sixteenths. */
export function cutAt(bytes: Buffer, sixteenths: number): Buffer {
  return bytes.subarray(0, Math.floor((bytes.length * sixteenths) / 16));
}
