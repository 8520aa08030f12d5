import { closeSync, fchmodSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Writes a file that only its owner can read, whole or not at all, and so that it outlives a power cut. */
export function keepFile(file: string, text: string): void {
  const handle = openSync(`${file}.new`, 'w', 0o600);
  try {
    fchmodSync(handle, 0o600);
    writeSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(`${file}.new`, file);
  syncFolder(dirname(file));
}

/** Makes the entries of a folder, and its own in the folder above, outlive a power cut. */
export function syncFolder(folder: string): void {
  for (const path of [folder, dirname(folder)]) {
    const handle = openSync(path, 'r');
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  }
}
