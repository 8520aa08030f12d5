import { defaultMaxBytes, UploadProblem } from '@kilat/contract';
import { bytes } from '#lib/messages/format.ts';
import { has, t } from '#lib/messages/t.ts';

/** Puts a refused or broken upload into words, with the next step. */
export function wordsFor(code: string | undefined, detail: string): string {
  const key = `upload.error.${code}`;
  return has(key) ? t(key, { size: bytes(defaultMaxBytes) }) : t('upload.error.other', { detail });
}

/** Reads the stable code out of a tus answer; undefined when there was none. */
export function codeOf(body: string | undefined): UploadProblem | undefined {
  try {
    const parsed = UploadProblem.safeParse(JSON.parse(body ?? ''));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
}
