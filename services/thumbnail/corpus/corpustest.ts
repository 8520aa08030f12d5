import { broken } from './brokentest.ts';
import { cameras } from './camerastest.ts';
import type { Case } from './casetest.ts';
import { colours } from './colourstest.ts';
import { disguises } from './disguisestest.ts';
import { formats } from './formatstest.ts';
import { limits } from './limitstest.ts';
import { previews } from './previewstest.ts';
import { secrets } from './secretstest.ts';

/** Lists every file of the corpus and how it must end, by chapter. */
export const corpus: Readonly<Record<string, readonly Case[]>> = {
  'What photographers bring': formats,
  'What cameras and phones make that browsers do not show': cameras,
  'Colours that are not yet what a screen shows': colours,
  'From one pixel to 160 megapixels, and beyond': limits,
  'Cut off, or with a bit turned over': broken,
  'Not what they are called': disguises,
  'What a file tells beside its picture': secrets,
  'Previews that a camera put into a JPEG': previews,
};

/** Prints the corpus as a page for people. */
export function printed(): string {
  const chapters = Object.entries(corpus).map(([title, cases]) => [`## ${title}`, '', ...tableOf(cases)].join('\n'));
  return `${[introduction, ...chapters].join('\n\n')}\n`;
}

const introduction = `# How every kind of file must end

Written by \`corpus.integration.test.ts\`, which makes each of these files and has it rendered: *ready* with all its
renditions, *damaged* (ready too, but something of its picture is missing), or *failed*, its original kept.
No rendition tells anything but the picture.`;

function tableOf(cases: readonly Case[]): string[] {
  return ['| file | how many | ends |', '|---|---|---|', ...cases.map(lineOf)];
}

function lineOf({ name, times = 1, timesFull = times, ends }: Case): string {
  const many =
    times === 0
      ? `${timesFull}, in full runs`
      : times === timesFull
        ? `${times}`
        : `${times}, in full runs ${timesFull}`;
  return `| ${name} | ${many} | ${[ends].flat().join(' or ')} |`;
}
