import { JobList, type JobView } from '@kilat/contract';
import { call } from '#lib/api/client.ts';
import type { Gallery } from '#lib/gallery/gallery.svelte.ts';

const soonMs = 1_000;
const laterMs = 5_000;

/** Tells whether a job goes on by itself. */
export function isOpen({ status }: JobView): boolean {
  return status !== 'COMPLETED' && status !== 'FAILED';
}

/** Keeps an event's jobs: read again soon after anything happened in the event, and now and then while one is open. */
export function followJobs(eventId: string, initial: JobView[], gallery: Gallery) {
  let jobs = $state.raw(initial);
  let timer: ReturnType<typeof setTimeout> | undefined;

  async function refresh(): Promise<void> {
    timer = undefined;
    const answer = await call('GET', `/api/events/${eventId}/jobs`).catch(() => undefined);
    if (answer !== undefined) jobs = JobList.parse(answer).jobs;
  }
  let known = gallery.cursor;
  $effect(() => {
    if (gallery.cursor === known) return;
    known = gallery.cursor;
    timer ??= setTimeout(refresh, soonMs);
  });
  $effect(() => {
    const poll = setInterval(() => jobs.some(isOpen) && void refresh(), laterMs);
    return () => {
      clearInterval(poll);
      clearTimeout(timer);
    };
  });
  return {
    get jobs(): readonly JobView[] {
      return jobs;
    },
  };
}
