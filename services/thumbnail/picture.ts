import type { Exif } from './exif.ts';
import type { Size } from './size.ts';

/** Is what was measured in a picture, to find its like and to tell sharp ones from shaken ones. */
export interface Measures {
  /** Is a 64-bit perceptual hash as 16 hex digits: pictures that look alike differ in few bits. */
  phash: string;
  /** Is the variance of the Laplacian of the luma at 320 pixels: the higher, the sharper; below 100 mostly blurred. */
  sharpness: number;
  /** Is the share of pixels, 0 to 1, of which a channel is at its upper end. */
  clippedShare: number;
}

/** Is all that rendering finds out about a photo; width and height are those of the upright original. */
export interface PictureFacts extends Size, Measures {
  /** Is a placeholder of some 25 bytes, as base64. */
  thumbhash: string;
  exif: Exif;
  /** Says that a part of the file could not be read, so that something of the picture is missing. */
  damaged: boolean;
}
