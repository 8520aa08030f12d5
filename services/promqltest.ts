import { readdirSync, readFileSync } from 'node:fs';
import { parser } from '@prometheus-io/lezer-promql';
import { parse } from 'yaml';

const chart = new URL('../charts/kilat/', import.meta.url);

/** Is a query of the chart, and where it stands. */
export interface ChartQuery {
  where: string;
  expr: string;
}

/** Is what a query asks for: metrics by name or by a pattern of names, and the labels that it looks at. */
export interface Asked {
  names: string[];
  patterns: RegExp[];
  labels: string[];
}

interface Panel {
  title: string;
  targets?: { expr?: string; rawSql?: string }[];
}

function panelsOf(file: string): Panel[] {
  return JSON.parse(readFileSync(new URL(`dashboards/${file}`, chart), 'utf8')).panels;
}

const dashboards = readdirSync(new URL('dashboards/', chart));

/** Lists the queries of all dashboards, Grafana's variables filled in. */
export const panelQueries: ChartQuery[] = dashboards.flatMap((file) =>
  panelsOf(file).flatMap(({ title, targets = [] }) =>
    targets.flatMap(({ expr }) => {
      const filled = expr?.replaceAll('$__rate_interval', '1m').replaceAll('$namespace', '.*');
      return filled === undefined ? [] : [{ where: `${file}: ${title}`, expr: filled }];
    }),
  ),
);

/** Lists the SQL of all dashboards, Grafana's variables filled in with an event's id. */
export function panelSql(eventId: string): { where: string; sql: string }[] {
  return dashboards.flatMap((file) =>
    panelsOf(file).flatMap(({ title, targets = [] }) =>
      targets.flatMap(({ rawSql }) => {
        const sql = rawSql
          ?.replaceAll('$event_id', eventId)
          .replace(/\$__timeFilter\((\w+)\)/g, "$1 between now() - interval '1 day' and now()");
        return sql === undefined ? [] : [{ where: `${file}: ${title}`, sql }];
      }),
    ),
  );
}

interface Rule {
  alert?: string;
  record?: string;
  expr: string;
}

const rules = readdirSync(new URL('alerts/', chart)).flatMap((file) => {
  const { groups } = parse(readFileSync(new URL(`alerts/${file}`, chart), 'utf8')) as { groups: { rules: Rule[] }[] };
  return groups.flatMap((group) => group.rules);
});

/** Lists the expressions of all alerts and records. */
export const ruleQueries: ChartQuery[] = rules.map(({ alert, record, expr }) => ({
  where: alert ?? record ?? '',
  expr,
}));

/** Names what the records write. */
export const recorded: string[] = rules.flatMap(({ record }) => record ?? []);

/** Reads a query as Prometheus does; throws where it would not. */
export function askedBy(expr: string): Asked {
  const asked: Asked = { names: [], patterns: [], labels: [] };
  const textOf = ({ from, to }: { from: number; to: number }) => expr.slice(from, to);
  parser.parse(expr).iterate({
    enter(node) {
      if (node.type.isError) throw new Error(`not PromQL at ${node.from}: ${expr}`);
      if (node.name === 'Identifier' && node.node.parent?.name === 'VectorSelector') asked.names.push(textOf(node));
      if (node.name === 'LabelName') asked.labels.push(textOf(node));
      if (node.name !== 'UnquotedLabelMatcher') return;
      const [, pattern] = /^__name__=~"(.+)"$/.exec(textOf(node)) ?? [];
      if (pattern !== undefined) asked.patterns.push(new RegExp(`^(?:${pattern})$`));
    },
  });
  return asked;
}
