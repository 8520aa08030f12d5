import { call } from '#lib/api/client.ts';

const everyMs = 1_000;
const mostFiles = 100;

/** Tells the server, once a second and best effort, how far the files of a job are; answers how to stop. */
export function hintProgress(
  eventId: string,
  sending: () => { jobId: string; photoId: string; sent: number }[],
): () => void {
  const told = new Map<string, number>();
  const timer = setInterval(() => {
    const news = sending().filter(({ photoId, sent }) => told.get(photoId) !== sent);
    const [first] = news;
    if (first === undefined) return;
    const files = news.filter(({ jobId }) => jobId === first.jobId).slice(0, mostFiles);
    for (const { photoId, sent } of files) told.set(photoId, sent);
    const body = { files: files.map(({ photoId, sent }) => ({ photo_id: photoId, sent })) };
    void call('POST', `/api/events/${eventId}/jobs/${first.jobId}/progress`, body).catch(() => {});
  }, everyMs);
  return () => clearInterval(timer);
}
