import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';

const stepBytes = 4 * 1024 * 1024;

addEventListener('message', async ({ data: file }: MessageEvent<Blob>) => {
  try {
    postMessage({ sha256: await hexOf(file) });
  } catch (error) {
    postMessage({ error: error instanceof Error ? error.message : String(error) });
  }
});

// Never the whole file in memory: a frame may have 250 MB.
async function hexOf(file: Blob): Promise<string> {
  const hash = sha256.create();
  for (let at = 0; at < file.size; at += stepBytes)
    hash.update(new Uint8Array(await file.slice(at, at + stepBytes).arrayBuffer()));
  return bytesToHex(hash.digest());
}
