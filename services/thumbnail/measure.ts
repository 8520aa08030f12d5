import type { Measures } from './picture.ts';

/** Is a small picture's pixels, row by row; of four channels the last is its transparency. */
export interface Pixels {
  data: Uint8Array;
  width: number;
  height: number;
  channels: number;
}

const nearlyFull = 254;
const dctSide = 32;
const hashSide = 8;

/** Measures a small picture (320 pixels at most): its likeness, its sharpness, what is clipped. */
export function measure(pixels: Pixels): Measures {
  const luma = lumaOf(pixels);
  return {
    phash: hashOf(luma, pixels.width, pixels.height),
    sharpness: laplacianVariance(luma, pixels.width, pixels.height),
    clippedShare: clippedShareOf(pixels),
  };
}

// ITU-R BT.601, as JPEG has it.
function lumaOf({ data, width, height, channels }: Pixels): Float64Array {
  const luma = new Float64Array(width * height);
  for (let at = 0; at < luma.length; at++) {
    const from = at * channels;
    const red = data[from] ?? 0;
    luma[at] = channels < 3 ? red : 0.299 * red + 0.587 * (data[from + 1] ?? 0) + 0.114 * (data[from + 2] ?? 0);
  }
  return luma;
}

function clippedShareOf({ data, width, height, channels }: Pixels): number {
  const colours = channels < 3 ? 1 : 3;
  let clipped = 0;
  for (let at = 0; at < data.length; at += channels) {
    for (let colour = 0; colour < colours; colour++) {
      if ((data[at + colour] ?? 0) < nearlyFull) continue;
      clipped += 1;
      break;
    }
  }
  return clipped / (width * height);
}

/** Computes how much neighbours differ: the variance of the Laplacian, the usual measure of focus. */
function laplacianVariance(luma: Float64Array, width: number, height: number): number {
  let [sum, squares, count] = [0, 0, 0];
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const at = y * width + x;
      const edge =
        (luma[at - 1] ?? 0) +
        (luma[at + 1] ?? 0) +
        (luma[at - width] ?? 0) +
        (luma[at + width] ?? 0) -
        4 * (luma[at] ?? 0);
      sum += edge;
      squares += edge * edge;
      count += 1;
    }
  }
  return count === 0 ? 0 : squares / count - (sum / count) ** 2;
}

// The common DCT hash: 32 by 32 of the luma, its 8 by 8 lowest frequencies, each above their median or not.
function hashOf(luma: Float64Array, width: number, height: number): string {
  const low = lowFrequencies(squareOf(luma, width, height));
  const median = low.toSorted().at(low.length / 2) ?? 0;
  let bits = 0n;
  for (const value of low) bits = (bits << 1n) | (value > median ? 1n : 0n);
  return bits.toString(16).padStart(16, '0');
}

function squareOf(luma: Float64Array, width: number, height: number): Float64Array {
  const square = new Float64Array(dctSide * dctSide);
  for (let row = 0; row < dctSide; row++) {
    const [top, bottom] = span(row, height);
    for (let column = 0; column < dctSide; column++) {
      const [left, right] = span(column, width);
      let sum = 0;
      for (let y = top; y < bottom; y++) for (let x = left; x < right; x++) sum += luma[y * width + x] ?? 0;
      square[row * dctSide + column] = sum / ((bottom - top) * (right - left));
    }
  }
  return square;
}

function span(at: number, length: number): [from: number, to: number] {
  const from = Math.floor((at * length) / dctSide);
  return [from, Math.max(from + 1, Math.floor(((at + 1) * length) / dctSide))];
}

const cosines = Array.from({ length: hashSide }, (_, frequency) =>
  Float64Array.from({ length: dctSide }, (_, at) => Math.cos(((2 * at + 1) * frequency * Math.PI) / (2 * dctSide))),
);

function lowFrequencies(square: Float64Array): Float64Array {
  const rows = new Float64Array(dctSide * hashSide);
  for (let y = 0; y < dctSide; y++)
    for (let u = 0; u < hashSide; u++) rows[y * hashSide + u] = weighed(cosines[u], (x) => square[y * dctSide + x]);
  const low = new Float64Array(hashSide * hashSide);
  for (let v = 0; v < hashSide; v++)
    for (let u = 0; u < hashSide; u++) low[v * hashSide + u] = weighed(cosines[v], (y) => rows[y * hashSide + u]);
  return low;
}

function weighed(weights: Float64Array | undefined, valueAt: (at: number) => number | undefined): number {
  let sum = 0;
  for (let at = 0; at < dctSide; at++) sum += (weights?.[at] ?? 0) * (valueAt(at) ?? 0);
  return sum;
}
