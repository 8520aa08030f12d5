const mostBytesAtOnce = 128 * 1024 * 1024;

/**
 * Computes a file's SHA-256 as hex off the main thread: by the browser, or by a worker for a very large file and where
 * plain http leaves the browser without. Throws when the file cannot be read.
 */
export async function sha256Of(file: Blob): Promise<string> {
  if (globalThis.crypto?.subtle === undefined || file.size > mostBytesAtOnce) return inWorker(file);
  const digest = await crypto.subtle.digest('SHA-256', await file.arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

let worker: Worker | undefined;
let turn: Promise<unknown> = Promise.resolve();

// One file at a time: answers come back without a name.
function inWorker(file: Blob): Promise<string> {
  const mine = turn.then(() => askWorker(file));
  turn = mine.catch(() => {});
  return mine;
}

function askWorker(file: Blob): Promise<string> {
  worker ??= new Worker(new URL('./hash.worker.ts', import.meta.url), { type: 'module' });
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  worker.onmessage = ({ data }: MessageEvent<{ sha256?: string; error?: string }>) =>
    data.sha256 === undefined ? reject(new Error(data.error)) : resolve(data.sha256);
  worker.onerror = () => reject(new Error('the checksum could not be computed'));
  worker.postMessage(file);
  return promise;
}
