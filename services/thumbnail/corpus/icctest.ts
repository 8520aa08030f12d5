type Triple = readonly [number, number, number];

/** Is a colour space of three primaries: columns of its matrix to XYZ under D50, and one gamma. */
export interface Space {
  red: Triple;
  green: Triple;
  blue: Triple;
  gamma: number;
}

/** Is the space of cameras that are set to Adobe RGB. */
export const adobeRgb: Space = {
  red: [0.60974, 0.31111, 0.01947],
  green: [0.20528, 0.62567, 0.06087],
  blue: [0.14919, 0.06322, 0.74457],
  gamma: 563 / 256,
};

/** Makes the ICC profile of a space, as the files carry it that a program saves in it. */
export function profile({ red, green, blue, gamma }: Space, description: string, copyright = 'none'): Buffer {
  const curve = Buffer.concat([tagged('curv', [0, 0, 0, 1]), Buffer.from([Math.floor(gamma), (gamma % 1) * 256])]);
  const tags: [name: string, data: Buffer][] = [
    ['desc', described(description)],
    ['cprt', Buffer.concat([tagged('text'), Buffer.from(`${copyright}\0`)])],
    ['wtpt', xyz([0.9642, 1, 0.82491])],
    ...([
      ['rXYZ', xyz(red)],
      ['gXYZ', xyz(green)],
      ['bXYZ', xyz(blue)],
    ] as [string, Buffer][]),
    ...['rTRC', 'gTRC', 'bTRC'].map((name): [string, Buffer] => [name, curve]),
  ];
  return assembled(tags.map(([name, data]) => [name, Buffer.concat([data, Buffer.alloc(-data.length & 3)])]));
}

/** Gives the levels in a space that look like levels in sRGB. */
export function levelsIn(space: Space, colour: readonly number[]): number[] {
  const linear = colour.map((level) => fromSrgb(level / 255));
  const light = multiply(srgbToXyz, linear);
  const matrix = [0, 1, 2].map((i) => [space.red[i] ?? 0, space.green[i] ?? 0, space.blue[i] ?? 0]);
  return solve(matrix, light).map((value) => Math.round(255 * Math.max(0, Math.min(1, value)) ** (1 / space.gamma)));
}

function assembled(tags: [string, Buffer][]): Buffer {
  const header = Buffer.alloc(128);
  const table = Buffer.alloc(4 + tags.length * 12);
  table.writeUInt32BE(tags.length);
  let at = header.length + table.length;
  for (const [i, [name, data]] of tags.entries()) {
    table.write(name, 4 + i * 12, 'latin1');
    table.writeUInt32BE(at, 8 + i * 12);
    table.writeUInt32BE(data.length, 12 + i * 12);
    at += data.length;
  }
  header.writeUInt32BE(at);
  header.writeUInt32BE(0x02100000, 8);
  header.write('mntrRGB XYZ ', 12, 'latin1');
  header.write('acsp', 36, 'latin1');
  xyz([0.9642, 1, 0.82491]).copy(header, 68, 8);
  return Buffer.concat([header, table, ...tags.map(([, data]) => data)]);
}

function tagged(type: string, count: readonly number[] = []): Buffer {
  return Buffer.concat([Buffer.from(type, 'latin1'), Buffer.alloc(4), Buffer.from(count)]);
}

function described(text: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(text.length + 1);
  return Buffer.concat([tagged('desc'), length, Buffer.from(`${text}\0`), Buffer.alloc(78)]);
}

function xyz(values: Triple): Buffer {
  const data = Buffer.alloc(12);
  for (const [i, value] of values.entries()) data.writeInt32BE(Math.round(value * 65_536), i * 4);
  return Buffer.concat([tagged('XYZ '), data]);
}

const srgbToXyz = [
  [0.43607, 0.38515, 0.14307],
  [0.22249, 0.71687, 0.06061],
  [0.01392, 0.09708, 0.7141],
];

function fromSrgb(value: number): number {
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

function multiply(matrix: number[][], vector: number[]): number[] {
  return matrix.map((row) => row.reduce((sum, value, i) => sum + value * (vector[i] ?? 0), 0));
}

// Cramer's rule.
function solve(matrix: number[][], vector: number[]): number[] {
  const whole = determinant(matrix);
  return vector.map((_, column) => {
    const replaced = matrix.map((row, i) => row.map((value, j) => (j === column ? (vector[i] ?? 0) : value)));
    return determinant(replaced) / whole;
  });
}

function determinant(matrix: number[][]): number {
  const [[a = 0, b = 0, c = 0] = [], [d = 0, e = 0, f = 0] = [], [g = 0, h = 0, i = 0] = []] = matrix;
  return a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
}
