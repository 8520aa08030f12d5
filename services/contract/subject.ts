import { Lane, type StageName } from './due.ts';

/** Names the JetStream streams: what happened, and what is due. */
export const streams = { journal: 'JOURNAL', work: 'WORK' } as const;

/** Names the core NATS subject that wakes the relay after a commit; it polls besides. */
export const wakeSubject = 'relay.wake';

/** Composes the core NATS subject of a job's progress hints; what is lost there is lost. */
export function progressSubject(eventId: string, jobId: string): string {
  return `progress.${eventId}.${jobId}`;
}

/** Composes the subject of a journal entry: `journal.<event_id>.<noun>.<verb>`. */
export function journalSubject(eventId: string, type: string): string {
  return `journal.${eventId}.${type}`;
}

/** Composes the subject of due work: `work.<stage>.<lane>.<event_id>`. */
export function workSubject(stage: StageName, lane: Lane, eventId: string): string {
  return `work.${stage}.${lane}.${eventId}`;
}

/** Names the durable consumer of one stage and lane; autoscalers read the lag of exactly these. */
export function durableName(stage: StageName, lane: Lane): string {
  return `${stage}-${lane}`;
}

/** Lists the stages that a target works on today: a durable that nobody reads would hold its stream's lag for ever. */
export const workedStages: readonly StageName[] = ['thumbnail', 'backup'];

/** Is a durable consumer: its name within its stream. */
export interface Durable {
  stream: string;
  name: string;
}

/** Is the durable consumer of one stage and lane. */
export interface WorkDurable extends Durable {
  stage: StageName;
  lane: Lane;
}

/** Is the durable consumer by which target notify follows stream JOURNAL. */
export const notifyDurable: Durable = { stream: streams.journal, name: 'notify' };

/** Lists all durable consumers of stream WORK: what the bus declares and the relay watches for lost work. */
export const workDurables: readonly WorkDurable[] = workedStages.flatMap((stage) =>
  Lane.options.map((lane) => workDurable(stage, lane)),
);

/** Lists all durable consumers: whose lag the relay tells and autoscalers read. */
export const durables: readonly Durable[] = [...workDurables, notifyDurable];

/** Composes the durable consumer of one stage and lane. */
export function workDurable(stage: StageName, lane: Lane): WorkDurable {
  return { stage, lane, stream: streams.work, name: durableName(stage, lane) };
}
