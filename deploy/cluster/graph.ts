/** Is what was seen at one moment, in seconds since the beginning. */
export interface Sample {
  at: number;
  /** Counts messages that wait or are in some replica's hands. */
  lag: number;
  /** Counts the replicas that are wished for. */
  replicas: number;
  ready: number;
}

const [width, height, left, right, top, bottom] = [960, 420, 60, 60, 50, 50];

/** Draws lag, replicas wished for and replicas ready over time, as an SVG that is read on light and on dark pages. */
export function draw(samples: readonly Sample[]): string {
  const seconds = Math.max(1, ...samples.map(({ at }) => at));
  const [lag, replicas] = [
    scaleOf(samples.map((sample) => sample.lag)),
    scaleOf(samples.map((sample) => sample.replicas)),
  ];
  const x = (at: number) => left + (at / seconds) * (width - left - right);
  const y = (value: number, most: number) => height - bottom - (value / most) * (height - top - bottom);
  const line = (key: 'lag' | 'replicas' | 'ready', most: number) =>
    steps(samples.map((s) => [x(s.at), y(s[key], most)]));
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="13">
<title>Lag of the consumers of thumbnail, and its replicas, over ${Math.round(seconds)} seconds</title>
<rect width="${width}" height="${height}" fill="#fff"/>
<g stroke="#ddd">${fifths.map((part) => `<line x1="${left}" x2="${width - right}" y1="${y(part, 1)}" y2="${y(part, 1)}"/>`).join('')}</g>
<g fill="none" stroke-width="2">
<path d="${line('lag', lag)}" stroke="#b45309"/>
<path d="${line('replicas', replicas)}" stroke="#1d4ed8"/>
<path d="${line('ready', replicas)}" stroke="#1d4ed8" stroke-dasharray="2 4"/>
</g>
<g fill="#b45309" text-anchor="end">${fifths.map((part) => `<text x="${left - 8}" y="${y(part, 1) + 4}">${Math.round(part * lag)}</text>`).join('')}</g>
<g fill="#1d4ed8">${whole(replicas)
    .map((count) => `<text x="${width - right + 8}" y="${y(count, replicas) + 4}">${count}</text>`)
    .join('')}</g>
<g fill="#444" text-anchor="middle">${fifths.map((part) => `<text x="${x(part * seconds)}" y="${height - bottom + 22}">${Math.round(part * seconds)} s</text>`).join('')}</g>
<text x="${left}" y="28" fill="#b45309">lag: messages that wait or are in hand</text>
<text x="${width - right}" y="28" fill="#1d4ed8" text-anchor="end">replicas wished for; dotted: ready</text>
</svg>
`;
}

const fifths = [0, 0.2, 0.4, 0.6, 0.8, 1];

function scaleOf(values: readonly number[]): number {
  return Math.max(1, ...values);
}

function whole(most: number): number[] {
  return Array.from({ length: most + 1 }, (_, count) => count);
}

// A value holds until the next was seen.
function steps(points: readonly [number, number][]): string {
  return points.map(([x, y], at) => `${at === 0 ? 'M' : `H${x.toFixed(1)}L`}${x.toFixed(1)},${y.toFixed(1)}`).join('');
}
