/** Makes one chunk of a RIFF file, padded to an even length. */
export function riffChunk(type: string, data: Uint8Array): Buffer {
  const head = Buffer.alloc(8);
  head.write(type, 'latin1');
  head.writeUInt32LE(data.length, 4);
  return Buffer.concat([head, data, Buffer.alloc(data.length % 2)]);
}

/** Joins chunks to a WebP. */
export function webp(...chunks: Buffer[]): Buffer {
  return riffChunk('RIFF', Buffer.concat([Buffer.from('WEBP'), ...chunks]));
}

/** Lists the chunks of a WebP by their names. */
export function chunksOf(file: Buffer): string[] {
  const names: string[] = [];
  for (let at = 12; at + 8 <= file.length; at += 8 + file.readUInt32LE(at + 4) + (file.readUInt32LE(at + 4) % 2))
    names.push(file.toString('latin1', at, at + 4));
  return names;
}

/** Makes an animated WebP: its first frame, then another one so many times; both are simple WebP files of one size. */
export function animatedWebp(size: { width: number; height: number }, first: Buffer, other: Buffer, times: number) {
  const animation = riffChunk('ANIM', Buffer.alloc(6));
  const frame = frameOf(size, other);
  return webp(extended(size, 0x12), animation, frameOf(size, first), ...Array<Buffer>(times).fill(frame));
}

/** Makes the header of an extended WebP: flags are 0x02 animated, 0x04 XMP, 0x08 EXIF, 0x10 alpha, 0x20 ICC. */
export function extended({ width, height }: { width: number; height: number }, flags: number): Buffer {
  const data = Buffer.alloc(10);
  data[0] = flags;
  data.writeUIntLE(width - 1, 4, 3);
  data.writeUIntLE(height - 1, 7, 3);
  return riffChunk('VP8X', data);
}

function frameOf({ width, height }: { width: number; height: number }, file: Buffer): Buffer {
  const head = Buffer.alloc(16);
  head.writeUIntLE(width - 1, 6, 3);
  head.writeUIntLE(height - 1, 9, 3);
  head.writeUIntLE(40, 12, 3);
  return riffChunk('ANMF', Buffer.concat([head, file.subarray(12)]));
}

/** Makes a lossless WebP of one colour and any size up to 16,383: not a bit is spent on its pixels. */
export function flatWebp(
  { width, height }: { width: number; height: number },
  [r = 0, g = 0, b = 0]: readonly number[],
) {
  const bits: [value: number, count: number][] = [
    [0x2f, 8],
    [width - 1, 14],
    [height - 1, 14],
    [0, 4],
    [0, 3],
  ];
  // Five codes of one symbol each: green, red, blue, alpha, distance.
  for (const level of [g, r, b, 255]) bits.push([0b101, 3], [level, 8]);
  bits.push([0b001, 3], [0, 1], [0, 8]);
  const all = bits.reduce(
    (sum, [value, count]) => ({ value: sum.value | (BigInt(value) << sum.at), at: sum.at + BigInt(count) }),
    { value: 0n, at: 0n },
  );
  const data = Buffer.from(all.value.toString(16).padStart(2 * Math.ceil(Number(all.at) / 8), '0'), 'hex').reverse();
  return webp(riffChunk('VP8L', data));
}
