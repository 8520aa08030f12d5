import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isMap, isScalar, parseDocument, type YAMLMap } from 'yaml';

/** Is the folder of the chart. */
export const chart = join(import.meta.dirname, '../../../charts/kilat');

/** Is one value of the chart: a path with dots, its default, and what the comments say of it. */
export interface Value {
  path: string;
  default: unknown;
  meaning: string;
}

// What is handed on to Kubernetes as it is, whatever it has inside.
const wholes = new Set([
  ...['resources', 'affinity', 'podSecurityContext', 'securityContext', 'volume', 'behavior', 'fallback'],
  ...['startupProbe', 'livenessProbe', 'readinessProbe', 'kedaNamespaceSelector', 'annotations', 'labels', 'settings'],
]);

/** Lists all values of values.yaml in its order; a list, and what is handed on as it is, counts as one value. */
export function valuesOf(text = readFileSync(join(chart, 'values.yaml'), 'utf8')): Value[] {
  const document = parseDocument(text);
  if (!isMap(document.contents)) throw new Error('values.yaml is no map');
  return valuesIn(document.contents, '', { text: '', keys: new Map() });
}

/** Is what a comment above says: of all below it, and of some keys wherever they stand there. */
interface Heading {
  text: string;
  keys: ReadonlyMap<string, string>;
}

function valuesIn(map: YAMLMap, prefix: string, heading: Heading): Value[] {
  return map.items.flatMap(({ key, value }, index) => {
    if (!isScalar(key)) return [];
    // The parser gives what stands before a map's first key to the map.
    const before = index === 0 && prefix !== '' ? (map.commentBefore ?? key.commentBefore) : key.commentBefore;
    const name = String(key.value);
    const own = headingOf(before);
    const text = own.text || heading.keys.get(name) || heading.text;
    const path = `${prefix}${name}`;
    if (isMap(value) && value.items.length > 0 && !wholes.has(name)) {
      const inherited = heading.keys.has(name) ? [] : heading.keys;
      return valuesIn(value, `${path}.`, { text, keys: new Map([...inherited, ...own.keys]) });
    }
    return [
      {
        path,
        default: isMap(value) || !isScalar(value) ? JSON.parse(JSON.stringify(value)) : value.value,
        meaning: text,
      },
    ];
  });
}

// A comment belongs to what it stands before without an empty line between; the file's own stands above that. What is
// indented in it says something of the key that it begins with.
function headingOf(comment: string | null | undefined): Heading {
  const lines = ((comment ?? '').split('\n\n').at(-1) ?? '').split('\n');
  const keys = new Map<string, string>();
  let last = '';
  for (const line of lines.filter(isIndented)) {
    const [, name = last, text = line.trim()] = /^ {3}(\S+) {2,}(.+)$/.exec(line) ?? [];
    last = name;
    if (name !== '') keys.set(name, [keys.get(name), text].filter(Boolean).join(' '));
  }
  const text = lines.filter((line) => keys.size === 0 || !isIndented(line));
  return {
    keys,
    text: text
      .map((line) => line.trim())
      .join(' ')
      .trim(),
  };
}

function isIndented(line: string): boolean {
  return line.startsWith('   ');
}
