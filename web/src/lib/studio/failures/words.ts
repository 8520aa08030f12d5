import type { FailureView } from '@kilat/contract';
import { t } from '#lib/messages/t.ts';
import { wordsFor } from '#lib/upload/refusal.ts';
import type { Cause } from './overview.ts';

/** Is a cause in plain words: what did not happen, why, and what helps. */
export interface CauseWords {
  title: string;
  why: string;
  help: string;
}

/** Says what a group of failures means for people. */
export function causeOf({ stage, class: failureClass }: Cause): CauseWords {
  const title = t(`failures.stage.${stage}`);
  if (stage === 'upload')
    return { title, why: t(`failures.upload.${uploadCause(failureClass)}`), help: t('failures.help.send') };
  return { title, why: t(`failures.class.${failureClass}`), help: helpOf(failureClass) };
}

function helpOf(failureClass: Cause['class']): string {
  if (failureClass === 'invalid') return t('failures.help.stays');
  return t(failureClass === 'unknown' ? 'failures.help.unknown' : 'failures.help.passes');
}

function uploadCause(failureClass: Cause['class']): 'invalid' | 'network' | 'server' {
  return failureClass === 'invalid' || failureClass === 'network' ? failureClass : 'server';
}

/** Says why one photo's work failed. */
export function reasonOf({ stage, code, error }: FailureView): string {
  if (stage === 'upload') return wordsFor(code ?? undefined, code ?? '');
  return error ?? '';
}
