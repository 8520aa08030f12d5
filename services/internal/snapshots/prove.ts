import { Fault } from '../fault/fault.ts';
import { type Archive, objectFile, type Sums } from './archive.ts';
import { forEachOf, sumsOf } from './bytes.ts';

/** Counts the bytes that were read, of how many. */
export interface ProveProgress {
  bytes: number;
  total: number;
}

const mostNamed = 5;

/** Reads all of an archive and compares it with its SHA-256 sums. Throws a Fault of kind invalid that names what is not so. */
export async function proveArchive(
  { folder, manifest, objects }: Archive,
  signal: AbortSignal,
  onProgress: (progress: ProveProgress) => void,
): Promise<void> {
  const wanted = [
    ...Object.entries(manifest.files),
    ...objects.map((object): [string, Sums] => [objectFile(object.key), object]),
  ];
  const progress = { bytes: 0, total: wanted.reduce((sum, [, { size }]) => sum + size, 0) };
  const damaged: string[] = [];
  await forEachOf(wanted, signal, async ([name, { size, sha256 }]) => {
    const sums = await sumsOf(folder, name);
    if (sums?.size !== size || sums.sha256 !== sha256) damaged.push(name);
    progress.bytes += size;
    onProgress(progress);
  });
  if (objects.length !== manifest.objects.count) damaged.push('the list of objects');
  if (damaged.length > 0) throw damagedFault(damaged);
}

function damagedFault(names: readonly string[]): Fault {
  const more = names.length > mostNamed ? ` and ${names.length - mostNamed} more` : '';
  const some = names.toSorted().slice(0, mostNamed).join(', ');
  return new Fault('invalid', `the snapshot is damaged: ${some}${more} missing or with other bytes than were written`);
}
