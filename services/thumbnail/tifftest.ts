/** Is one tag's value: told where it may store more than fits into its entry, it gives its entry and that more. */
export type Value = (at: number) => { type: number; count: number; value: Buffer; more?: Buffer };

/** Is a directory to be made: its values by their tags. */
export type Values = Record<number, Value>;

/** Makes a text. */
export const ascii =
  (text: string): Value =>
  () => ({ type: 2, count: text.length + 1, value: Buffer.from(`${text}\0`, 'latin1') });

/** Makes numbers of 16 bits. */
export const short =
  (...numbers: number[]): Value =>
  () => ({ type: 3, count: numbers.length, value: Buffer.from(new Uint16Array(numbers).buffer) });

/** Makes numbers of 32 bits. */
export const long =
  (...numbers: number[]): Value =>
  () => ({ type: 4, count: numbers.length, value: Buffer.from(new Uint32Array(numbers).buffer) });

/** Makes a number of two parts. */
export const rational =
  (...parts: number[]): Value =>
  () => ({ type: 5, count: parts.length / 2, value: Buffer.from(new Uint32Array(parts).buffer) });

/** Makes bytes of no further meaning. */
export const bytes =
  (value: Buffer): Value =>
  () => ({ type: 7, count: value.length, value });

/** Stores bytes elsewhere and points at them. */
export const pointer =
  (more: Buffer): Value =>
  (at) => ({ type: 4, count: 1, value: u32(at), more });

/** Stores directories elsewhere and points at them. */
export const directories =
  (...values: Values[]): Value =>
  (at) => {
    const offsets: number[] = [];
    let more = Buffer.alloc(0);
    for (const directory of values) {
      offsets.push(at + more.length);
      more = Buffer.concat([more, directoryOf(directory, at + more.length)]);
    }
    return { type: 4, count: offsets.length, value: Buffer.from(new Uint32Array(offsets).buffer), more };
  };

/** Makes a directory that stands at an offset, with all that it points at; numbers begin with their lowest byte. */
export function directoryOf(values: Values, at: number): Buffer {
  const tags = Object.entries(values);
  const head = Buffer.alloc(2 + tags.length * 12 + 4);
  head.writeUInt16LE(tags.length);
  let tail = Buffer.alloc(0);
  tags.forEach(([tag, value], i) => {
    const end = () => at + head.length + tail.length;
    const { type, count, value: own, more = Buffer.alloc(0) } = value(end());
    // What does not fit into the entry stands behind what it points at.
    const isInside = own.length <= 4;
    head.writeUInt16LE(Number(tag), 2 + i * 12);
    head.writeUInt16LE(type, 4 + i * 12);
    head.writeUInt32LE(count, 6 + i * 12);
    tail = Buffer.concat([tail, more]);
    if (isInside) own.copy(head, 10 + i * 12);
    else head.writeUInt32LE(end(), 10 + i * 12);
    if (!isInside) tail = Buffer.concat([tail, own]);
  });
  return Buffer.concat([head, tail]);
}

/** Makes 32 bits, beginning with the lowest byte. */
export function u32(value: number): Buffer {
  return Buffer.from(new Uint32Array([value]).buffer);
}
