/** Is one row of the grid: the photos from `start` up to before `end`, at one height in pixels. */
export interface Row {
  start: number;
  end: number;
  height: number;
}

/** Says how a grid is laid out, in pixels. */
export interface Layout {
  width: number;
  gap: number;
  target: number;
}

/**
 * Packs photos into justified rows around an anchor: what is newer fills rows upwards, the rest downwards, so that a new
 * photo changes the top row alone and an older page the bottom row alone. Ratios are width by height, newest first.
 */
export function packRows(ratios: readonly number[], anchor: number, layout: Layout): Row[] {
  const newer = pack(ratios.slice(0, anchor).reverse(), layout);
  const upward = newer
    .map(({ start, end, height }) => ({ start: anchor - end, end: anchor - start, height }))
    .reverse();
  const downward = pack(ratios.slice(anchor), layout).map((row) => ({
    ...row,
    start: row.start + anchor,
    end: row.end + anchor,
  }));
  return [...upward, ...downward];
}

function pack(ratios: readonly number[], { width, gap, target }: Layout): Row[] {
  const rows: Row[] = [];
  let [start, sum] = [0, 0];
  for (const [index, ratio] of ratios.entries()) {
    sum += ratio;
    const room = width - gap * (index - start);
    if (sum * target < room) continue;
    rows.push({ start, end: index + 1, height: room / sum });
    [start, sum] = [index + 1, 0];
  }
  if (start < ratios.length)
    rows.push({
      start,
      end: ratios.length,
      height: Math.min(target, (width - gap * (ratios.length - start - 1)) / sum),
    });
  return rows;
}

/** Gives the shape of a photo; an extreme panorama or strip is shown cropped. */
export function ratioOf(photo: { width: number | null; height: number | null }): number {
  if (photo.width === null || photo.height === null) return 1.5;
  return Math.min(3, Math.max(0.5, photo.width / photo.height));
}
