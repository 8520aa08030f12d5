// Primaries of sRGB as profiles have them, in XYZ under D50, and what its curve makes of one half.
const srgbPrimaries = {
  rXYZ: [0.4361, 0.2225, 0.0139],
  gXYZ: [0.3851, 0.7169, 0.0971],
  bXYZ: [0.1431, 0.0606, 0.7141],
};
const srgbHalf = 0.214;
const [primaryTolerance, curveTolerance] = [0.003, 0.002];

/**
 * Tells whether a colour profile is sRGB by what it does, its name aside: then its pixels need no transform. None is sRGB
 * too. A profile that cannot be read is not.
 */
export function isSrgb(icc: Buffer | undefined): boolean {
  if (icc === undefined || icc.length === 0) return true;
  try {
    const tags = tagsOf(icc);
    if (tags.has('A2B0')) return false;
    const primaries = Object.entries(srgbPrimaries).every(([name, wanted]) => isNear(xyzOf(tags.get(name)), wanted));
    return primaries && ['rTRC', 'gTRC', 'bTRC'].every((name) => isSrgbCurve(tags.get(name)));
  } catch {
    return false;
  }
}

function tagsOf(icc: Buffer): Map<string, Buffer> {
  const count = Math.min(icc.readUInt32BE(128), 100);
  const entries = Array.from({ length: count }, (_, n) => icc.subarray(132 + n * 12, 144 + n * 12));
  return new Map(
    entries.map((entry) => {
      const at = entry.readUInt32BE(4);
      return [entry.toString('latin1', 0, 4), icc.subarray(at, at + entry.readUInt32BE(8))];
    }),
  );
}

function xyzOf(tag: Buffer | undefined): number[] {
  return tag === undefined ? [] : [8, 12, 16].map((at) => fixed(tag, at));
}

function isNear(found: readonly number[], wanted: readonly number[]): boolean {
  return wanted.every((value, n) => Math.abs((found[n] ?? Number.NaN) - value) < primaryTolerance);
}

function isSrgbCurve(tag: Buffer | undefined): boolean {
  return tag !== undefined && Math.abs(halfOf(tag) - srgbHalf) < curveTolerance;
}

// A curve is a table, or the formula (a x + b)^g of ICC's functions 3 and 4 above their straight part.
function halfOf(tag: Buffer): number {
  if (tag.toString('latin1', 0, 4) === 'para') {
    const [g, a, b] = [fixed(tag, 12), fixed(tag, 16), fixed(tag, 20)];
    return tag.readUInt16BE(8) < 3 ? Number.NaN : (a / 2 + b) ** g;
  }
  const count = tag.readUInt32BE(8);
  return count < 256 ? Number.NaN : tag.readUInt16BE(12 + 2 * Math.floor((count - 1) / 2)) / 65_535;
}

function fixed(tag: Buffer, at: number): number {
  return tag.readInt32BE(at) / 65_536;
}
