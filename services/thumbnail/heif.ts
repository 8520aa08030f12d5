import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Undecodable } from './undecodable.ts';

/** Is the part of libheif's C interface that is used; every number is an address, an enumerated value or a count. */
export interface Heif {
  readonly HEAPU8: Uint8Array;
  _malloc(size: number): number;
  _free(address: number): void;
  _heif_context_alloc(): number;
  _heif_context_free(context: number): void;
  _heif_context_set_maximum_image_size_limit(context: number, edge: number): void;
  _heif_context_read_from_memory_without_copy(error: number, context: number, at: number, size: number, _: 0): void;
  _heif_context_get_primary_image_handle(error: number, context: number, to: number): void;
  _heif_image_handle_release(handle: number): void;
  _heif_image_handle_get_width(handle: number): number;
  _heif_image_handle_get_height(handle: number): number;
  _heif_image_handle_has_alpha_channel(handle: number): number;
  _heif_image_handle_get_image_tiling(error: number, handle: number, transformed: 1, to: number): void;
  _heif_image_handle_get_list_of_metadata_block_IDs(handle: number, type: number, to: number, count: number): number;
  _heif_image_handle_get_metadata_size(handle: number, id: number): number;
  _heif_image_handle_get_metadata(error: number, handle: number, id: number, to: number): void;
  _heif_image_handle_get_raw_color_profile_size(handle: number): number;
  _heif_image_handle_get_raw_color_profile(error: number, handle: number, to: number): void;
  _heif_decode_image(error: number, handle: number, to: number, space: 1, chroma: number, options: 0): void;
  _heif_image_handle_decode_image_tile(
    ...args: [error: number, handle: number, to: number, space: 1, chroma: number, options: 0, x: number, y: number]
  ): void;
  _heif_image_release(image: number): void;
  _heif_image_get_width(image: number, channel: number): number;
  _heif_image_get_height(image: number, channel: number): number;
  _heif_image_get_plane_readonly(image: number, channel: number, stride: number): number;
  _heif_image_get_decoding_warnings(image: number, first: number, to: 0, count: 0): number;
}

let loaded: Heif | undefined;

/** Gives libheif, which takes some 40 ms to load at first. */
export function heif(): Heif {
  loaded ??= load();
  return loaded;
}

function load(): Heif {
  const require = createRequire(import.meta.url);
  const wasmBinary = readFileSync(require.resolve('libheif-js/libheif-wasm/libheif.wasm'));
  return require('libheif-js/libheif-wasm/libheif.js')({ wasmBinary, print() {}, printErr() {} }) as Heif;
}

/** Forgets libheif: after an abort of its own it is in no state to go on. */
export function forgetHeif(): void {
  loaded = undefined;
}

/** Reserves memory of libheif's until the stack is disposed. */
export function reserve(library: Heif, stack: DisposableStack, size: number): number {
  const at = library._malloc(size);
  if (at === 0) throw new Undecodable('The photo needs too much memory.');
  return stack.adopt(at, () => library._free(at));
}

/** Calls a function that tells its error through its first argument. Throws Undecodable when it does. */
export function checked(library: Heif, error: number, call: (error: number) => void): void {
  call(error);
  if (u32(library, error) !== 0) throw undecodable(`libheif ${u32(library, error)}.${u32(library, error + 4)}`);
}

/** Reads 32 bits of libheif's memory; it moves when it grows, so nobody keeps a view of it. */
export function u32({ HEAPU8: memory }: Heif, at: number): number {
  return new DataView(memory.buffer).getUint32(at, true);
}

/** Makes what is thrown for a photo that cannot be decoded. */
export function undecodable(cause: unknown): Undecodable {
  return new Undecodable('The photo cannot be decoded.', { cause });
}
