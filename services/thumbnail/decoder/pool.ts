import { platform } from 'node:os';
import type { Logger } from '#internal/log/log.ts';
import { shut } from './confine.ts';
import { type Decoder, type DecoderLimits, startDecoder, type Watch } from './decoder.ts';
import type { DecodeRequest, Rendered } from './protocol.ts';

/** Decodes photos in processes of their own, so that a file that breaks a decoder breaks no other photo's work. */
export interface Decoders extends AsyncDisposable {
  /** Decodes one photo; as many processes are running as photos are asked for at once. Throws as `Decoder.ask` does. */
  decode(request: DecodeRequest, watch: Watch): Promise<Rendered>;
}

// What a library leaks, and what its heap keeps, ends with the process.
const mostPhotos = 500;
const mostRssBytes = 600 * 1024 * 1024;

/** Makes a pool of decoders, and shuts this process, whose secrets are not theirs, for them. */
export function createDecoders(limits: DecoderLimits, log: Logger): Decoders {
  shut(platform());
  const [idle, all] = [[] as Decoder[], new Set<Decoder>()];
  async function take(): Promise<Decoder> {
    for (let one = idle.pop(); one !== undefined; one = idle.pop()) {
      if (one.alive) return one;
      all.delete(one);
    }
    const fresh = await startDecoder(limits, log);
    all.add(fresh);
    return fresh;
  }
  function give(decoder: Decoder): void {
    if (decoder.alive && decoder.photos < mostPhotos && decoder.rssBytes < mostRssBytes) {
      idle.push(decoder);
      return;
    }
    decoder.kill();
    all.delete(decoder);
  }
  return {
    async decode(request, watch) {
      const decoder = await take();
      try {
        return await decoder.ask(request, watch);
      } catch (error) {
        // What earlier photos have left may be what this one lacks: a new process tells.
        if (!decoder.alive || !decoder.hungry || decoder.photos === 1) throw error;
        decoder.kill();
      } finally {
        give(decoder);
      }
      return this.decode(request, watch);
    },
    async [Symbol.asyncDispose]() {
      for (const decoder of all) decoder.kill();
      all.clear();
    },
  };
}
