import { type RenditionName, renditionEdges, type SizeName } from '@kilat/contract';
import { fileTypeOf } from '#internal/filetype/filetype.ts';
import { embeddedPreview } from '../embedded.ts';
import { type Exif, readExif } from '../exif.ts';
import { measure } from '../measure.ts';
import {
  allowTiff,
  decode,
  hashOf,
  type Opened,
  open,
  type Raw,
  shrinkEmbedded,
  turnedBy,
  writeRendition,
  writeWebCopy,
} from '../render.ts';
import { Undecodable, understood } from '../undecodable.ts';
import { type DecodeRequest, fileOf, type Preview, previewFile, type Rendered } from './protocol.ts';
import { readHead, readWhole } from './scratch.ts';

interface Photo {
  opened: Opened;
  exif: Exif;
  /** Is a JPEG that the camera put beside the picture. */
  embedded: Buffer | undefined;
}

// A thumbnail of fewer pixels is a smudge: the small rendition is as soon there.
const leastEmbedded = 150;

/**
 * Makes all renditions of one photo as files. What the camera embedded is shown first; else the small rendition is, as soon
 * as it is there. Throws Undecodable.
 */
export async function develop(request: DecodeRequest, onPreview: (preview: Preview) => void): Promise<Rendered> {
  const photo = await openPhoto(request);
  const { opened, exif } = photo;
  const { width, height } = opened;
  const shown = await showEmbedded(photo, request, onPreview);
  const { raws, damaged } = await decode(opened, sizesOf(request, opened));
  const thumbhash = await hashOf(raws.small);
  await writeRendition(raws.small, request.folder, fileOf('small'));
  if (!shown) onPreview({ width, height, exif, thumbhash, embedded: false });
  const renditions = await writeRest(raws, request, opened);
  return { facts: { width, height, exif, thumbhash, damaged, ...measure(raws.small) }, renditions };
}

async function openPhoto(request: DecodeRequest): Promise<Photo> {
  const kind = (await fileTypeOf(await readHead(request.path)))?.kind;
  // exiftool reads for itself, and only what it needs.
  if (kind === 'raw') return openRaw(request);
  const bytes = await readWhole(request.path);
  switch (kind) {
    case 'heic':
      return openHeic(bytes);
    case 'tiff':
      if (!request.tiff) throw new Undecodable('TIFF files are not shown here.');
      allowTiff();
      break;
    case undefined:
      throw new Undecodable('Nothing in the file says that it is a photo.');
  }
  const opened = await open(bytes);
  const embedded = kind === 'jpeg' ? embeddedPreview(bytes) : undefined;
  return { opened, exif: readExif(opened.exif), embedded: embedded && Buffer.from(embedded) };
}

// Loaded when the first such file comes: most events have none.
async function openRaw(request: DecodeRequest): Promise<Photo> {
  const { readRaw } = await import('../raw.ts');
  const raw = await readRaw(request.path, request.folder);
  if (raw.preview === undefined) throw new Undecodable('The raw file holds no preview that could be shown.');
  return { opened: turnedBy(await open(raw.preview), raw.orientation ?? 1), exif: raw.exif, embedded: undefined };
}

async function openHeic(bytes: Buffer): Promise<Photo> {
  const { decodeHeic } = await import('../heic.ts');
  const { exif, ...pixels } = await understood(async () => decodeHeic(bytes));
  return { opened: await open(pixels), exif: readExif(exif), embedded: undefined };
}

async function showEmbedded(
  photo: Photo,
  { folder }: DecodeRequest,
  onPreview: (preview: Preview) => void,
): Promise<boolean> {
  if (photo.embedded === undefined) return false;
  const { width, height } = photo.opened;
  try {
    const small = await shrinkEmbedded(photo.embedded, photo.opened);
    if (Math.max(small.width, small.height) < leastEmbedded) return false;
    await writeRendition(small, folder, previewFile);
    onPreview({ width, height, exif: photo.exif, thumbhash: await hashOf(small), embedded: true });
    return true;
  } catch (error) {
    if (error instanceof Undecodable) return false; // the picture itself may be whole
    throw error;
  }
}

function sizesOf({ xlarge }: DecodeRequest, { width, height }: Opened): SizeName[] {
  const gains = Math.max(width, height) > renditionEdges.large;
  return xlarge && gains ? ['small', 'medium', 'large', 'xlarge'] : ['small', 'medium', 'large'];
}

async function writeRest(
  raws: Partial<Record<SizeName, Raw>>,
  { folder, webQuality }: DecodeRequest,
  opened: Opened,
): Promise<RenditionName[]> {
  const done: RenditionName[] = ['small'];
  for (const name of ['medium', 'large', 'xlarge'] as const) {
    const raw = raws[name];
    if (raw === undefined) continue;
    await writeRendition(raw, folder, fileOf(name));
    done.push(name);
  }
  if (webQuality === undefined) return done;
  // A picture too large for that is shown without: rendering anew what lacks a web copy finds it.
  const made = await writeWebCopy(opened, folder, webQuality).then(
    () => true,
    (error: unknown) => (isTooLarge(error) ? false : Promise.reject(error)),
  );
  return made ? [...done, 'web'] : done;
}

function isTooLarge(error: unknown): boolean {
  return error instanceof Error && /memory|too large/i.test(error.message);
}
