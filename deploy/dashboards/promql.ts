import type { Query } from './panel.ts';

// With one Prometheus for several installs each is seen by itself; where there are no namespaces, all is one.
const scope = 'namespace=~"$namespace"';

/** Is the variable that `of` looks by. */
export const namespaceVariable = {
  ...{
    name: 'namespace',
    label: 'Namespace',
    type: 'query',
    multi: true,
    includeAll: true,
    allValue: '.*',
    refresh: 2,
  },
  datasource: { type: 'prometheus', uid: '$datasource' },
  query: { query: 'label_values(kilat_process_info, namespace)', refId: 'namespace' },
  current: { text: 'All', value: '$__all' },
  sort: 1,
};

/** Selects a metric, by its name and matchers. */
export function of(name: string, ...matchers: string[]): string {
  return `${name}{${[...matchers, scope].join(', ')}}`;
}

/** Rates a counter, summed up by some labels. */
export function rate(by: string, name: string, ...matchers: string[]): string {
  return `sum by (${by}) (rate(${of(name, ...matchers)}[$__rate_interval]))`;
}

/**
 * Rates a counter that targets have each under a name of its own, `kilat_<target>_<rest>`, summed up by `target` and more
 * labels. It looks as often as is scraped: by itself Prometheus would as often as it evaluates rules, which may be too seldom.
 */
export function rateOfAll(rest: string, by: readonly string[] = [], ...matchers: string[]): string {
  const all = `{${[`__name__=~"kilat_.+_${rest}"`, ...matchers, scope].join(', ')}}`;
  const named = `label_replace(${all}, "target", "$1", "__name__", "kilat_(.+)_${rest}")`;
  return `sum by (${['target', ...by].join(', ')}) (rate(${named}[$__rate_interval:15s]))`;
}

/** Takes a gauge that targets have each under a name of its own, at its largest. */
export function mostOfAll(rest: string): string {
  const all = `{__name__=~"kilat_.+_${rest}", ${scope}}`;
  return `max by (target) (label_replace(${all}, "target", "$1", "__name__", "kilat_(.+)_${rest}"))`;
}

/** Asks a histogram for what half, 95 and 99 of a hundred stay under. */
export function quantiles(name: string, ...matchers: string[]): Query[] {
  return [0.5, 0.95, 0.99].map((quantile) => ({
    expr: `histogram_quantile(${quantile}, ${rate('le', `${name}_bucket`, ...matchers)})`,
    legend: `p${quantile * 100}`,
  }));
}

/** Asks a histogram for one quantile by a label. */
export function quantileBy(label: string, quantile: number, name: string, ...matchers: string[]): Query {
  const expr = `histogram_quantile(${quantile}, ${rate(`le, ${label}`, `${name}_bucket`, ...matchers)})`;
  return { expr, legend: `{{${label}}}` };
}
