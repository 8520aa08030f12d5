import type { Panel } from './panel.ts';
import { namespaceVariable } from './promql.ts';

/** Is a dashboard: some rows of panels. */
export interface Board {
  /** Is its address, and its file's name. */
  uid: string;
  title: string;
  description: string;
  rows: { title: string; panels: Panel[] }[];
  source: 'prometheus' | 'grafana-postgresql-datasource';
  /** Are variables besides the data source. */
  variables: object[];
  refresh?: string;
  from?: string;
}

/** Is what dashboards of figures have in common. */
export const measured: Pick<Board, 'source' | 'variables'> = { source: 'prometheus', variables: [namespaceVariable] };

const [columns, height, headHeight] = [24, 8, 1];

/** Writes a dashboard as Grafana reads it; panels go from left to right, a full row goes on in the next. */
export function dashboardOf({ uid, title, description, rows, source, variables, refresh, from }: Board): object {
  const datasource = { name: 'datasource', label: 'Data source', type: 'datasource', query: source };
  return {
    ...{ uid, title, description, tags: ['kilat'], schemaVersion: 39, version: 1, editable: true },
    ...{ refresh: refresh ?? '30s', time: { from: from ?? 'now-3h', to: 'now' }, timezone: 'browser' },
    ...{ graphTooltip: 1, annotations: { list: [] }, links: [linkToOthers] },
    templating: { list: [{ ...datasource, current: {}, hide: 0, refresh: 1 }, ...variables] },
    panels: placed(rows),
  };
}

const linkToOthers = { type: 'dashboards', title: 'Kilat', tags: ['kilat'], asDropdown: true, keepTime: true };

function placed(rows: Board['rows']): object[] {
  const panels: object[] = [];
  let y = 0;
  for (const row of rows) {
    panels.push({
      ...{ id: panels.length + 1, type: 'row', title: row.title, collapsed: false, panels: [] },
      gridPos: { x: 0, y, w: columns, h: headHeight },
    });
    y += headHeight;
    let x = 0;
    for (const { width, ...panel } of row.panels) {
      if (x + width > columns) [x, y] = [0, y + height];
      panels.push({ id: panels.length + 1, ...panel, gridPos: { x, y, w: width, h: height } });
      x += width;
    }
    y += height;
  }
  return panels;
}
