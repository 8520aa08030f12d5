import { type FailureCount, FailurePage, type FailureView } from '@kilat/contract';

/** Names the failures of one cause. */
export type Cause = Pick<FailureCount, 'stage' | 'class'>;

/** Is how far a group is loaded, newest first; `before` asks for what follows. */
export interface Loaded {
  rows: FailureView[];
  before: string | null;
}

/** Is what failed in an event, with the newest of each cause: a flood of one hides no other. */
export interface Overview extends Pick<FailurePage, 'may_retry' | 'may_discard'> {
  counts: FailureCount[];
  discarded: number;
  loaded: Record<string, Loaded>;
}

/** Reads failures by a query. */
export type Read = (query: string) => Promise<unknown>;

const shownFirst = 5;

/** Makes one text of a cause. */
export function keyOf({ stage, class: failureClass }: Cause): string {
  return `${stage} ${failureClass}`;
}

/** Reads the counts, and the newest failures of each cause. */
export async function readOverview(read: Read): Promise<Overview> {
  const { counts = [], discarded = 0, may_retry, may_discard } = FailurePage.parse(await read('limit=1'));
  const entries = await Promise.all(
    counts.map(async (group) => [keyOf(group), await readMore(read, group, { limit: shownFirst })] as const),
  );
  return { counts, discarded, may_retry, may_discard, loaded: Object.fromEntries(entries) };
}

/** Reads failures of one cause, from the newest or where what is loaded ends. */
export async function readMore(
  read: Read,
  { stage, class: failureClass }: Cause,
  { limit, before = null }: { limit: number; before?: string | null },
): Promise<Loaded> {
  const query = new URLSearchParams({ stage, class: failureClass, limit: String(limit) });
  if (before !== null) query.set('before', before);
  const page = FailurePage.parse(await read(query.toString()));
  return { rows: page.failures, before: page.before };
}
