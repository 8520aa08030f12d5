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
  return valuesIn(document.contents, '', '');
}

function valuesIn(map: YAMLMap, prefix: string, heading: string): Value[] {
  return map.items.flatMap(({ key, value }, index) => {
    if (!isScalar(key)) return [];
    // The parser gives what stands before a map's first key to the map.
    const before = index === 0 && prefix !== '' ? (map.commentBefore ?? key.commentBefore) : key.commentBefore;
    const own = plain(before);
    const path = `${prefix}${String(key.value)}`;
    if (isMap(value) && value.items.length > 0 && !wholes.has(String(key.value)))
      return valuesIn(value, `${path}.`, own || heading);
    return [
      {
        path,
        default: isMap(value) || !isScalar(value) ? JSON.parse(JSON.stringify(value)) : value.value,
        meaning: own || heading,
      },
    ];
  });
}

// A comment belongs to what it stands before without an empty line between; the file's own stands above that.
function plain(comment: string | null | undefined): string {
  return ((comment ?? '').split('\n\n').at(-1) ?? '')
    .split('\n')
    .map((line) => line.trim())
    .join(' ')
    .trim();
}
