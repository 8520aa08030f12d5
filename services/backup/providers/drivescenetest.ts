import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, vi } from 'vitest';
import { type DriveSettings, openDrive } from './drive.ts';
import type { FakeFile } from './drivestoretest.ts';
import { type DriveStandIn, startDrive } from './drivetest.ts';
import type { Copy, Provider } from './provider.ts';

const pieceBytes = 64 * 1024;

/** Is the smallest chunk that there is. */
export const chunkBytes = 256 * 1024;
/** Never ends a call. */
export const forever: AbortSignal = new AbortController().signal;

/** Is a drive and a provider for each test. */
export interface Scene {
  readonly server: DriveStandIn;
  readonly drive: Provider;
  readonly eventId: string;
  /** Opens the drive once more, as another process does. */
  open(settings?: Partial<DriveSettings>): Provider;
  copyOf(bytes: Buffer, more?: Partial<Copy>): Copy;
  /** Gives all copies that the drive has, in the trash or not. */
  copies(): FakeFile[];
  /** Holds that exactly this copy is there, once and with its bytes. */
  expectOnly(bytes: Buffer): void;
}

/** Starts a drive before each test and ends it afterwards. */
export function useDrive(): Scene {
  let server: DriveStandIn;
  let drive: Provider;
  vi.setConfig({ testTimeout: 60_000 }); // Hundreds of calls take their time where the machine is busy.
  beforeEach(async () => {
    server = await startDrive();
    drive = scene.open();
  });
  afterEach(() => server[Symbol.asyncDispose]());
  const eventId = randomUUID();
  const scene: Scene = {
    get server() {
      return server;
    },
    get drive() {
      return drive;
    },
    eventId,
    open: (settings = {}) =>
      openDrive({
        ...{ name: 'drive', key: server.key, folder: server.store.root, keepFileNames: false, endpoint: server.url },
        ...{ chunkBytes, backoffMs: 1, timeoutMs: 5_000, ...settings },
      }),
    copyOf: (bytes, more = {}) => ({
      ...{ eventId, photoId: randomUUID(), version: 1, size: bytes.byteLength, sha256: sha256(bytes) },
      ...{ contentType: 'image/jpeg', fileName: 'Anna and Budi.JPG', open: async () => streamOf(bytes), ...more },
    }),
    copies: () => [...server.store.files.values()].filter((file) => file.properties.kilat === 'copy'),
    expectOnly(bytes) {
      expect(scene.copies().map((file) => [file.trashed, file.sha256Checksum])).toEqual([[false, sha256(bytes)]]);
    },
  };
  return scene;
}

/** Makes bytes that nobody has seen. */
export function photo(size = 3 * chunkBytes - 1_000): Buffer {
  return randomBytes(size);
}

/** Streams bytes in pieces, as an object storage does. */
export function streamOf(bytes: Buffer): Readable {
  const pieces = Array.from({ length: Math.ceil(bytes.byteLength / pieceBytes) }, (_, n) =>
    bytes.subarray(n * pieceBytes, (n + 1) * pieceBytes),
  );
  return Readable.from(pieces);
}

/** Hashes bytes. */
export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Reads a copy back and hashes it. */
export async function hashAt(drive: Provider, address: string): Promise<string | undefined> {
  const stream = await drive.read(address, forever);
  return stream && sha256(await buffer(stream));
}
