import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { execute } from '../../deploy/local/program.ts';

/** Is a disk of its own whose power can be cut: an ext4 file system in a file. Linux, as root. */
export interface Disk extends AsyncDisposable {
  readonly folder: string;
  /** Cuts the power: from now on nothing reaches the disk, not even what was written and not synced. */
  cut(): Promise<void>;
  /** Switches it on again, when nobody uses it any more: the journal of the file system is replayed. */
  restore(): Promise<void>;
}

const unmountMs = 30_000;

/*
 * FS_IOC_GOINGDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH (linux/ext4.h): the file system stops at once and flushes nothing.
 * Node has no ioctl; Python, which the tests need anyway, has.
 */
const goDown =
  'import fcntl,os,struct,sys; fcntl.ioctl(os.open(sys.argv[1],os.O_RDONLY),0x8004587d,struct.pack("I",2))';

/** Makes a disk of some MiB and mounts it; its own commits come rarely, so that only what was synced outlives a cut. */
export async function openDisk(image: string, folder: string, mebibytes: number): Promise<Disk> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(image, '');
  truncateSync(image, mebibytes * 1024 * 1024);
  await execute(['mkfs.ext4', '-q', '-F', image]);
  await mount(image, folder);
  return {
    folder,
    cut: async () => void (await execute(['python3', '-c', goDown, folder])),
    async restore() {
      await unmount(folder);
      await mount(image, folder);
    },
    [Symbol.asyncDispose]: () => unmount(folder),
  };
}

async function mount(image: string, folder: string): Promise<void> {
  await execute(['mount', '-o', 'loop,commit=300', image, folder]);
}

// Processes that were killed may still be ending.
async function unmount(folder: string): Promise<void> {
  for (const deadline = Date.now() + unmountMs; ; await sleep(100)) {
    const error = await execute(['umount', folder]).then(
      () => undefined,
      (failure: Error) => failure,
    );
    if (error === undefined) return;
    if (Date.now() > deadline) throw error;
  }
}
