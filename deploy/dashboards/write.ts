import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../local/services.ts';
import { dashboardOf } from './board.ts';
import { boards } from './boards.ts';

// node deploy/dashboards/write.ts: writes the dashboards that the chart brings.
for (const board of boards) {
  const file = join(root, 'charts', 'kilat', 'dashboards', `${board.uid}.json`);
  writeFileSync(file, `${JSON.stringify(dashboardOf(board), null, 2)}\n`);
}
