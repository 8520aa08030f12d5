import Uppy from '@uppy/core';
import Tus from '@uppy/tus';
import type { Trouble } from './patience.ts';
import { codeOf } from './refusal.ts';
import { filesAtOnce, type Sender, type SenderEvents } from './sender.ts';

const retryDelays = [500, 1_000, 2_000, 4_000, 8_000];

/** Is the part of a tus error that we read. */
interface TusError {
  originalResponse?: { getStatus(): number; getBody(): string; getHeader(name: string): string | undefined } | null;
}

// The server finds an unfinished upload again by what was announced; a browser's own memory would only contradict it.
const noMemory = {
  findAllUploads: async () => [],
  findUploadsByFingerprint: async () => [],
  removeUpload: async () => {},
  addUpload: async () => '',
};

/** Makes the sender by tus: through our own server, resumed at the byte where it broke off. */
export function createTusSender(events: SenderEvents): Sender {
  const uppy = new Uppy({ autoProceed: true, allowMultipleUploadBatches: true });
  const idOf = new Map<string, string>();
  const uppyIdOf = new Map<string, string>();
  uppy.use(Tus, {
    limit: filesAtOnce,
    retryDelays,
    urlStorage: noMemory,
    // A server that names its time is not asked before: whoever holds the sender waits.
    onShouldRetry: (error, _attempt, _options, next) => troubleOf(error).retryAfter === null && next(error),
  });
  uppy.on('upload-progress', (file, { bytesUploaded }) => {
    const id = file && idOf.get(file.id);
    if (id !== undefined) events.progress(id, bytesUploaded || 0);
  });
  uppy.on('upload-success', (file) => {
    const id = file && idOf.get(file.id);
    if (id !== undefined) events.stored(id);
  });
  uppy.on('upload-error', (file, error) => {
    const id = file && idOf.get(file.id);
    if (id === undefined) return;
    const problem = codeOf((error as TusError).originalResponse?.getBody());
    events.failed(id, troubleOf(error), problem?.detail ?? error.message);
  });

  function remove(id: string): void {
    const uppyId = uppyIdOf.get(id);
    if (uppyId === undefined) return;
    uppyIdOf.delete(id);
    idOf.delete(uppyId);
    if (uppy.getFile(uppyId) !== undefined) uppy.removeFile(uppyId);
  }
  return {
    send(id, file, uploadUrl) {
      // One and the same file twice is two files here: Uppy would refuse the second.
      const meta = { relativePath: id };
      const uppyId = uppy.addFile({ name: file.name, type: file.type, data: file, meta });
      idOf.set(uppyId, id);
      uppyIdOf.set(id, uppyId);
      uppy.setFileState(uppyId, { tus: { uploadUrl } });
    },
    pauseOrResume: (id) => uppy.pauseResume(uppyIdOf.get(id) ?? ''),
    retry(id) {
      const uppyId = uppyIdOf.get(id);
      if (uppyId !== undefined) void uppy.retryUpload(uppyId);
    },
    remove,
    destroy: () => uppy.destroy(),
  };
}

function troubleOf(error: unknown): Trouble {
  const answer = (error as TusError).originalResponse;
  return {
    status: answer?.getStatus(),
    code: codeOf(answer?.getBody())?.code,
    retryAfter: answer?.getHeader('retry-after') ?? null,
  };
}
