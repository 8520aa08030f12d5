import { expect, test } from 'vitest';
import { draw } from './graph.ts';

const samples = [
  { at: 0, lag: 0, replicas: 0, ready: 0 },
  { at: 10, lag: 80, replicas: 1, ready: 0 },
  { at: 20, lag: 20, replicas: 4, ready: 3 },
  { at: 40, lag: 0, replicas: 0, ready: 0 },
];

test('the graph has a line for lag, replicas and readiness, each from the first moment to the last', () => {
  const paths = [...draw(samples).matchAll(/<path d="M([\d.]+),[^"]*?([\d.]+),[\d.]+"/g)];
  expect(paths.map(([, first, last]) => [first, last])).toEqual([
    ['60.0', '900.0'],
    ['60.0', '900.0'],
    ['60.0', '900.0'],
  ]);
});

test('the highest lag touches the top, and the axes tell both scales', () => {
  const svg = draw(samples);
  expect(svg).toContain(',50.0');
  for (const label of ['>80</text>', '>4</text>', '>40 s</text>']) expect(svg).toContain(label);
});

test('a graph of nothing is still a graph', () => {
  expect(draw([])).toContain('</svg>');
});
