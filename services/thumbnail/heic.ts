import { checked, forgetHeif, type Heif, heif, reserve, u32, undecodable } from './heif.ts';
import { Undecodable } from './undecodable.ts';

/** Is a decoded HEIC: upright already, so that the orientation in its EXIF is not to be applied again. */
export interface HeicPicture {
  data: Buffer;
  width: number;
  height: number;
  channels: 3 | 4;
  /** Is the EXIF block, beginning with `Exif\0\0`, as JPEG has it. */
  exif: Buffer | undefined;
  /** Is the colour profile of the pixels; sRGB where there is none. */
  icc: Buffer | undefined;
  /** Says that a part of the file could not be read; it is grey. */
  damaged: boolean;
}

interface Opened {
  library: Heif;
  handle: number;
  /** Are 256 bytes of libheif's memory for its answers: the first 16 for errors, the rest for values. */
  scratch: number;
}

interface Canvas {
  data: Buffer;
  width: number;
  height: number;
  channels: 3 | 4;
}

interface Tiling {
  columns: number;
  rows: number;
  width: number;
  height: number;
  /** Is where the first tile stands: before the picture's edge where turning has put a cut tile first. */
  left: number;
  top: number;
}

const maxPixels = 160_000_000;
const maxMetadataBytes = 1024 * 1024;
const rgb = { space: 1, chroma: { 3: 10, 4: 11 }, channel: 10 } as const;

/** Decodes the primary picture of a HEIC or HEIF, tile by tile where it has tiles. Throws Undecodable. */
export function decodeHeic(file: Uint8Array): HeicPicture {
  try {
    using stack = new DisposableStack();
    return decode(open(file, stack), stack);
  } catch (cause) {
    if (cause instanceof Undecodable) throw cause;
    forgetHeif();
    throw undecodable(cause);
  }
}

function open(file: Uint8Array, stack: DisposableStack): Opened {
  const library = heif();
  const scratch = reserve(library, stack, 256);
  const at = reserve(library, stack, file.length);
  library.HEAPU8.set(file, at);
  const context = stack.adopt(library._heif_context_alloc(), (it) => library._heif_context_free(it));
  library._heif_context_set_maximum_image_size_limit(context, Math.ceil(Math.sqrt(maxPixels)));
  checked(library, scratch, (error) =>
    library._heif_context_read_from_memory_without_copy(error, context, at, file.length, 0),
  );
  checked(library, scratch, (error) => library._heif_context_get_primary_image_handle(error, context, scratch + 16));
  const handle = stack.adopt(u32(library, scratch + 16), (it) => library._heif_image_handle_release(it));
  return { library, handle, scratch };
}

function decode(opened: Opened, stack: DisposableStack): HeicPicture {
  const { library, handle } = opened;
  const width = library._heif_image_handle_get_width(handle);
  const height = library._heif_image_handle_get_height(handle);
  if (width * height > maxPixels) throw new Undecodable('The picture has more than 160 megapixels.');
  const channels = library._heif_image_handle_has_alpha_channel(handle) ? 4 : 3;
  const canvas: Canvas = { data: Buffer.alloc(width * height * channels, 128), width, height, channels };
  const damaged = paint(opened, canvas);
  return { ...canvas, damaged, exif: exifOf(opened, stack), icc: profileOf(opened, stack) };
}

// A decoded tile takes a fortieth of the memory that the whole takes; of a cut file some tiles are there.
function paint(opened: Opened, canvas: Canvas): boolean {
  const tiling = tilingOf(opened, canvas);
  const faults: unknown[] = [];
  let warnings = 0;
  for (let y = 0; y < tiling.rows; y++)
    for (let x = 0; x < tiling.columns; x++) {
      try {
        warnings += paintTile(opened, canvas, tiling, x, y);
      } catch (cause) {
        if (!(cause instanceof Undecodable)) throw cause;
        faults.push(cause);
      }
    }
  if (faults.length === tiling.rows * tiling.columns) throw faults[0];
  return faults.length > 0 || warnings > 0;
}

function tilingOf({ library, handle, scratch }: Opened, canvas: Canvas): Tiling {
  const whole = { columns: 1, rows: 1, width: canvas.width, height: canvas.height, left: 0, top: 0 };
  if (canvas.channels === 4) return whole;
  checked(library, scratch, (error) => library._heif_image_handle_get_image_tiling(error, handle, 1, scratch + 16));
  const read = (index: number) => u32(library, scratch + 16 + index * 4);
  const [columns, rows, width, height] = [read(1), read(2), read(3), read(4)];
  if (columns * rows <= 1 || read(5) !== canvas.width || read(6) !== canvas.height) return whole;
  // What libheif tells as an offset is how much is seen of the first tile, 0 for all of it.
  const before = (seen: number, size: number) => (seen === 0 ? 0 : seen - size);
  return { columns, rows, width, height, left: before(read(8), width), top: before(read(7), height) };
}

function paintTile(opened: Opened, canvas: Canvas, tiling: Tiling, x: number, y: number): number {
  const { library, handle, scratch } = opened;
  const to = scratch + 16;
  const chroma = rgb.chroma[canvas.channels];
  checked(library, scratch, (error) =>
    tiling.columns * tiling.rows === 1
      ? library._heif_decode_image(error, handle, to, rgb.space, chroma, 0)
      : library._heif_image_handle_decode_image_tile(error, handle, to, rgb.space, chroma, 0, x, y),
  );
  const image = u32(library, to);
  try {
    copy(opened, image, canvas, {
      left: tiling.left + x * tiling.width,
      top: tiling.top + y * tiling.height,
    });
    return library._heif_image_get_decoding_warnings(image, 0, 0, 0);
  } finally {
    library._heif_image_release(image);
  }
}

function copy({ library, scratch }: Opened, image: number, canvas: Canvas, at: { left: number; top: number }): void {
  const plane = library._heif_image_get_plane_readonly(image, rgb.channel, scratch + 16);
  const stride = u32(library, scratch + 16);
  const right = Math.min(at.left + library._heif_image_get_width(image, rgb.channel), canvas.width);
  const bottom = Math.min(at.top + library._heif_image_get_height(image, rgb.channel), canvas.height);
  const [left, top] = [Math.max(at.left, 0), Math.max(at.top, 0)];
  if (plane === 0 || left >= right || top >= bottom) throw undecodable('no pixels');
  for (let y = top; y < bottom; y++) {
    const from = plane + (y - at.top) * stride + (left - at.left) * canvas.channels;
    const to = (y * canvas.width + left) * canvas.channels;
    canvas.data.set(library.HEAPU8.subarray(from, from + (right - left) * canvas.channels), to);
  }
}

function exifOf({ library, handle, scratch }: Opened, stack: DisposableStack): Buffer | undefined {
  library.HEAPU8.set(Buffer.from('Exif\0'), scratch + 32);
  const count = library._heif_image_handle_get_list_of_metadata_block_IDs(handle, scratch + 32, scratch + 16, 1);
  if (count < 1) return undefined;
  const id = u32(library, scratch + 16);
  const block = take(library, stack, library._heif_image_handle_get_metadata_size(handle, id), (to) =>
    library._heif_image_handle_get_metadata(scratch, handle, id, to),
  );
  if (block === undefined || block.length < 12) return undefined;
  // It begins with the distance to the TIFF header; what stands between them differs by camera.
  const tiff = block.subarray(4 + block.readUInt32BE(0));
  return tiff.length < 8 ? undefined : Buffer.concat([Buffer.from('Exif\0\0'), tiff]);
}

function profileOf({ library, handle, scratch }: Opened, stack: DisposableStack): Buffer | undefined {
  return take(library, stack, library._heif_image_handle_get_raw_color_profile_size(handle), (to) =>
    library._heif_image_handle_get_raw_color_profile(scratch, handle, to),
  );
}

function take(library: Heif, stack: DisposableStack, size: number, read: (to: number) => void): Buffer | undefined {
  if (size === 0 || size > maxMetadataBytes) return undefined;
  const to = reserve(library, stack, size);
  read(to);
  return Buffer.from(library.HEAPU8.slice(to, to + size));
}
