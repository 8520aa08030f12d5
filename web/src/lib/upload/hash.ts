const mostBytes = 128 * 1024 * 1024;

/** Computes a file's SHA-256 as hex off the main thread; undefined where the browser cannot, or the file is very large. */
export async function sha256Of(file: Blob): Promise<string | undefined> {
  if (globalThis.crypto?.subtle === undefined || file.size > mostBytes) return undefined;
  const digest = await crypto.subtle.digest('SHA-256', await file.arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
