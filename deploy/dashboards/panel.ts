/** Is one query of a panel. */
export interface Query {
  expr: string;
  legend?: string;
}

/** Names the units of figures as Grafana does. */
export type Unit = 'short' | 's' | 'bytes' | 'reqps' | 'ops' | 'Bps' | 'percentunit' | 'dateTimeAsIso';

/** Is a panel whose place is not decided yet. */
export interface Panel {
  type: 'timeseries' | 'stat' | 'table';
  title: string;
  description: string;
  datasource: { type: string; uid: string };
  targets: object[];
  fieldConfig: { defaults: object; overrides: never[] };
  options: object;
  /** Is its part of a row of 24. */
  width: number;
}

const prometheus = { type: 'prometheus', uid: '$datasource' };
const postgres = { type: 'grafana-postgresql-datasource', uid: '$datasource' };

const curves = {
  legend: { displayMode: 'list', placement: 'bottom', showLegend: true },
  tooltip: { mode: 'multi', sort: 'desc' },
};
const number = { reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false }, colorMode: 'value' };

interface Look {
  unit?: Unit;
  description?: string;
  width?: number;
  /** Is where a figure turns from good to bad. */
  bad?: number;
  max?: number;
}

function fieldsOf({ unit = 'short', bad, max }: Look) {
  const steps = [{ color: 'green', value: null }, ...(bad === undefined ? [] : [{ color: 'red', value: bad }])];
  const defaults = { unit, min: 0, ...(max !== undefined && { max }), thresholds: { mode: 'absolute', steps } };
  return { defaults, overrides: [] as never[] };
}

/** Draws figures over time. */
export function curve(title: string, queries: Query[], look: Look = {}): Panel {
  return asked('timeseries', title, queries, { width: 8, ...look }, curves);
}

/** Shows what a figure is now. */
export function figure(title: string, query: Query, look: Look = {}): Panel {
  return asked('stat', title, [query], { width: 4, ...look }, number);
}

function asked(type: Panel['type'], title: string, queries: Query[], look: Look, options: object): Panel {
  const targets = queries.map(({ expr, legend }, at) => ({
    ...{ refId: refIdOf(at), datasource: prometheus, expr, legendFormat: legend ?? '__auto' },
    ...(type === 'stat' && { instant: true }),
  }));
  const { description = '', width = 8 } = look;
  return { type, title, description, datasource: prometheus, targets, fieldConfig: fieldsOf(look), options, width };
}

/** Asks PostgreSQL: a table, or with a column `time` curves. */
export function rows(type: 'timeseries' | 'table' | 'stat', title: string, sql: string, look: Look = {}): Panel {
  const format = type === 'timeseries' ? 'time_series' : 'table';
  const rawSql = sql.replace(/\s+/g, ' ').trim();
  const targets = [{ refId: 'A', datasource: postgres, format, rawSql, rawQuery: true, editorMode: 'code' }];
  const options = { timeseries: curves, table: { showHeader: true }, stat: number }[type];
  const { description = '', width = 8 } = look;
  return { type, title, description, datasource: postgres, targets, fieldConfig: fieldsOf(look), options, width };
}

const refIdOf = (at: number) => String.fromCharCode(65 + at);
