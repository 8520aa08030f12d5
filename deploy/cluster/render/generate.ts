import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { targetNames } from '../../../services/targets.ts';
import { readmeWith } from './readme.ts';
import { managedSettings, schemaOf } from './schema.ts';
import { type ReadableSetting, settingsOfTargets } from './settings.ts';
import { chart, valuesOf } from './values.ts';

/** Makes what the chart has of the code and of its own values: file to content. */
export async function generated(): Promise<Record<string, string>> {
  const [settings, values] = [await settingsOfTargets(), valuesOf()];
  const readme = readFileSync(join(chart, 'README.md'), 'utf8');
  return {
    'files/settings.json': `${JSON.stringify(settings, undefined, 2)}\n`,
    'values.schema.json': `${JSON.stringify(schemaOf(values, settings), undefined, 2)}\n`,
    'README.md': readmeWith(readme, values, settings),
    'ci/config-values.yaml': configVariant(settings),
  };
}

// The variant that gives every setting, so that the schema and the templates know each.
function configVariant(settings: Record<string, Record<string, ReadableSetting>>): string {
  const all: Record<string, ReadableSetting> = Object.assign({}, ...Object.values(settings));
  const free = Object.keys(all).filter((name) => !managedSettings.has(name) && !name.includes('<'));
  const lines = free.sort().map((name) => `  ${name}: ${JSON.stringify(all[name]?.default || '7')}`);
  const levels = ['debug', 'warn', 'error'];
  const own = targetNames.map((name, index) => `  ${name}: { config: { LOG_LEVEL: ${levels[index % 3]} } }`);
  own.unshift('targets:');
  own.push('backup:', '  providers: { copies: { config: { BUCKET: copies }, existingSecret: copies } }');
  return `${['# Every setting, generated; and one for each target alone.', 'config:', ...lines, ...own].join('\n')}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [file, content] of Object.entries(await generated())) writeFileSync(join(chart, file), content);
  process.exit();
}
