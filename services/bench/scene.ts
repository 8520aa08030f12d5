import { seeded } from '../faults/random.ts';

/** Is an image of three interleaved channels, in levels of 0 to 255. */
export interface Pixels {
  width: number;
  height: number;
  data: Uint8Array;
}

interface Plane {
  width: number;
  height: number;
  data: Float32Array;
}

/**
 * Paints a scene with the statistics of a photograph: things of all sizes that cover each other, texture at all scales,
 * more of it in light than in colour, a background out of focus, and a sensor's noise, which grows with the light.
 */
export function paintScene(seed: number, width: number, height: number): Pixels {
  const random = seeded(seed);
  const half = { width: Math.ceil(width / 2), height: Math.ceil(height / 2) };
  const sharp = coverWithLeaves(random, half.width, half.height, 4);
  const soft = blur(blur(coverWithLeaves(random, Math.ceil(half.width / 4), Math.ceil(half.height / 4), 4)));
  return expose(random, { sharp, soft, focus: texture(random, 4), grain: texture(random, 9) }, width, height);
}

// Discs whose radius r is as frequent as r^-3, as the things in photographs are; later ones lie in front.
function coverWithLeaves(random: () => number, width: number, height: number, least: number): Plane {
  const data = new Float32Array(width * height * 3).fill(110);
  const most = width / 4;
  // Each point is covered some three times: the mean area of a leaf is 2 pi least^2 ln(most / least).
  const leaves = Math.round((3 * width * height) / (2 * Math.PI * least ** 2 * Math.log(most / least)));
  for (let leaf = 0; leaf < leaves; leaf++) {
    const radius = least / Math.sqrt(1 - random() * (1 - (least / most) ** 2));
    paintDisc({ width, height, data }, random, radius);
  }
  return { width, height, data };
}

function paintDisc({ width, height, data }: Plane, random: () => number, radius: number): void {
  const [x, y, light] = [random() * width, random() * height, 20 + 200 * random() ** 1.4];
  const colour = [light + 50 * (random() - 0.5), light + 20 * (random() - 0.5), light + 60 * (random() - 0.5)];
  const [r = 0, g = 0, b = 0] = colour;
  const slope = (20 * (random() - 0.5)) / radius;
  for (let row = Math.max(0, Math.ceil(y - radius)); row < Math.min(height, y + radius); row++) {
    const reach = Math.sqrt(Math.max(0, radius ** 2 - (row - y) ** 2));
    const shade = slope * (row - y);
    const end = Math.min(width, x + reach);
    for (let column = Math.max(0, Math.ceil(x - reach)); column < end; column++) {
      const at = (row * width + column) * 3;
      data[at] = r + shade;
      data[at + 1] = g + shade;
      data[at + 2] = b + shade;
    }
  }
}

// Spreads each value over its neighbours, along the rows and then along the columns.
function blur({ width, height, data }: Plane): Plane {
  const spread = (from: Float32Array, step: number) =>
    from.map(
      (own, at) =>
        (own * 2 +
          (from[at - 2 * step] ?? own) +
          (from[at - step] ?? own) +
          (from[at + step] ?? own) +
          (from[at + 2 * step] ?? own)) /
        6,
    );
  return { width, height, data: spread(spread(data, 3), 3 * width) };
}

// Noise of 2^octaves a side whose octaves weigh less the finer they are (1/f), from about -1 to 1.
function texture(random: () => number, octaves: number): Plane {
  let plane: Plane = { width: 2, height: 2, data: new Float32Array(4) };
  for (let octave = 1; octave <= octaves; octave++) {
    const next = enlarge(plane, 2 ** octave);
    const weight = 0.9 / octave ** 1.2;
    for (let at = 0; at < next.data.length; at++) next.data[at] = (next.data[at] ?? 0) + weight * (random() - 0.5) * 2;
    plane = next;
  }
  return plane;
}

function enlarge(plane: Plane, edge: number): Plane {
  const data = new Float32Array(edge * edge);
  const scale = plane.width / edge;
  for (let y = 0; y < edge; y++)
    for (let x = 0; x < edge; x++) data[y * edge + x] = between(plane, x * scale, y * scale, 0, 1);
  return { width: edge, height: edge, data };
}

// Reads between pixels, beyond an edge from the opposite one.
function between({ width, height, data }: Plane, x: number, y: number, channel: number, channels: number): number {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [dx, dy] = [x - left, y - top];
  const right = (left + 1) % width;
  const [upper, lower] = [(top % height) * width, ((top + 1) % height) * width];
  const at = (row: number, column: number) => data[(row + column) * channels + channel] ?? 0;
  const above = at(upper, left % width) * (1 - dx) + at(upper, right) * dx;
  const below = at(lower, left % width) * (1 - dx) + at(lower, right) * dx;
  return above * (1 - dy) + below * dy;
}

interface Layers {
  sharp: Plane;
  soft: Plane;
  focus: Plane;
  grain: Plane;
}

function expose(random: () => number, layers: Layers, width: number, height: number): Pixels {
  const data = new Uint8Array(width * height * 3);
  const { sharp, soft, focus, grain } = layers;
  const noise = sensorNoise(random);
  for (let y = 0, at = 0, step = 0; y < height; y++) {
    let before = 0;
    for (let x = 0; x < width; x++) {
      // What is in focus has detail; the rest is a sixteenth as fine.
      const isSharp = between(focus, (x * 16) / width, (y * 16) / height, 0, 1) > -0.1;
      const detail = isSharp ? 14 * between(grain, x / 3, y / 3, 0, 1) + 7 * between(grain, x + 97, y + 31, 0, 1) : 0;
      step = (step * 1_103_515_245 + 12_345) & 0x3fffffff;
      // A sensor interpolates colours, so that its noise is alike in neighbours.
      const own = noise[step >> 14] ?? 0;
      const shared = own + 0.6 * before;
      before = own;
      for (let channel = 0; channel < 3; channel++) {
        const plane = isSharp ? sharp : soft;
        const light = between(plane, (x * plane.width) / width, (y * plane.height) / height, channel, 3) + detail;
        const tint = noise[(step >> (10 - channel)) & 0xffff] ?? 0;
        data[at++] = Math.min(
          255,
          Math.max(0, light + (shared + 0.4 * tint) * (0.6 + Math.sqrt(Math.max(0, light)) / 9)),
        );
      }
    }
  }
  return { width, height, data };
}

function sensorNoise(random: () => number): Float32Array {
  return Float32Array.from({ length: 65_536 }, () => 2.1 * (random() + random() + random() + random() - 2));
}
