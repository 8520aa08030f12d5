import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../local/services.ts';
import { dashboardOf } from './board.ts';
import { boards } from './boards.ts';

const folder = join(root, 'charts', 'kilat', 'dashboards');
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));

interface Dashboard {
  uid: string;
  panels: { id: number; type: string; gridPos: { x: number; y: number; w: number; h: number } }[];
}

test.each(boards)('$title lies in the chart as it is written here', (board) => {
  const kept = JSON.parse(readFileSync(join(folder, `${board.uid}.json`), 'utf8'));
  expect(kept).toEqual(JSON.parse(JSON.stringify(dashboardOf(board))));
});

test('the chart brings these dashboards and no other', () => {
  expect(files.sort()).toEqual(boards.map(({ uid }) => `${uid}.json`).sort());
});

test.each(boards)('the panels of $title lie beside each other', (board) => {
  const { panels } = dashboardOf(board) as Dashboard;
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const taken = new Set<string>();
  for (const { gridPos } of panels) {
    expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
        expect(taken.has(`${x} ${y}`)).toBe(false);
        taken.add(`${x} ${y}`);
      }
  }
});
