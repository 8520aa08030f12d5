import { managedSettings } from './schema.ts';
import type { ReadableSetting } from './settings.ts';
import type { Value } from './values.ts';

const marks = {
  values: ['<!-- values: begin -->', '<!-- values: end -->'],
  settings: ['<!-- settings: begin -->', '<!-- settings: end -->'],
} as const;

/** Writes the tables of values and settings into the chart's README, between their marks. */
export function readmeWith(
  readme: string,
  values: readonly Value[],
  settings: Record<string, Record<string, ReadableSetting>>,
): string {
  return between(between(readme, marks.values, valueTable(values)), marks.settings, settingTable(settings));
}

function between(text: string, [begin, end]: readonly [string, string], inner: string): string {
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`the README lacks ${begin} and ${end}`);
  return `${text.slice(0, from + begin.length)}\n\n${inner}\n\n${text.slice(to)}`;
}

function valueTable(values: readonly Value[]): string {
  const rows = values.map(({ path, default: value, meaning }, at) => {
    const isNew = meaning !== values[at - 1]?.meaning;
    return `| \`${path}\` | \`${JSON.stringify(value).replaceAll('|', '\\|')}\` | ${isNew ? cell(meaning) : ''} |`;
  });
  return ['| value | default | meaning |', '|---|---|---|', ...rows].join('\n');
}

function settingTable(settings: Record<string, Record<string, ReadableSetting>>): string {
  const names = [...new Set(Object.values(settings).flatMap(Object.keys))].sort();
  const free = names.filter((name) => !managedSettings.has(name) && !name.includes('<'));
  const rows = free.map((name) => {
    const having = Object.keys(settings).filter((target) => settings[target]?.[name]);
    const { default: value, meaning } = settings[having[0] ?? '']?.[name] ?? { default: '', meaning: '' };
    const who = having.length === Object.keys(settings).length ? 'all' : having.join(', ');
    return `| \`${name}\` | ${who} | ${value === '' ? '' : `\`${value}\``} | ${cell(meaning)} |`;
  });
  return ['| setting | targets | default | meaning |', '|---|---|---|---|', ...rows].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}
