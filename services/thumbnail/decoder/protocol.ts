import { RenditionName } from '@kilat/contract';
import * as z from 'zod';

/** Asks a decoder process for one photo; what it makes are files of `folder`. */
export interface DecodeRequest {
  /** Is the original. */
  path: string;
  /** Is an empty folder of this photo alone. */
  folder: string;
  /** Tells whether TIFF is decoded, whose decoder is seldom tested. */
  tiff: boolean;
  /** Tells whether the largest rendition is made too, where the original allows. */
  xlarge: boolean;
  /** Is the JPEG quality of a compressed copy at full size; none unless told. */
  webQuality?: number | undefined;
}

const Finite = z.number();
const Name = z.string().max(300);
const Exif = z.object({
  takenAt: z.coerce.date().optional(),
  takenOffsetMinutes: z.int().optional(),
  cameraMake: Name.optional(),
  cameraModel: Name.optional(),
  cameraSerial: Name.optional(),
  lens: Name.optional(),
  exposureSeconds: Finite.optional(),
  fNumber: Finite.optional(),
  iso: Finite.optional(),
  focalLengthMm: Finite.optional(),
  latitude: Finite.min(-90).max(90).optional(),
  longitude: Finite.min(-180).max(180).optional(),
});
const Size = { width: z.int().min(1), height: z.int().min(1) };

/** Describes what is known as soon as a photo's small picture is there, as a file of `previewFile` or the small rendition. */
export const Preview = z.object({
  ...Size,
  thumbhash: z.string().max(100),
  exif: Exif,
  /** Says that it was made of a picture that the camera had embedded: the small rendition is still to come. */
  embedded: z.boolean(),
});
export type Preview = z.infer<typeof Preview>;

/** Describes a rendered photo, and the renditions that lie in the folder. */
export const Rendered = z.object({
  facts: z.object({
    ...Size,
    thumbhash: z.string().max(100),
    phash: z.string().regex(/^[0-9a-f]{16}$/),
    sharpness: Finite,
    clippedShare: Finite.min(0).max(1),
    damaged: z.boolean(),
    exif: Exif,
  }),
  renditions: z.array(RenditionName).min(1).max(RenditionName.options.length),
});
export type Rendered = z.infer<typeof Rendered>;

/**
 * Describes what a decoder says. Whoever reads it trusts none of it: a decoder works on what strangers sent, so that each
 * line is validated, and names no path.
 */
export const Reply = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('ready'),
    confined: z.object({ mortal: z.boolean(), memory: z.boolean(), alone: z.boolean() }),
  }),
  z.object({ type: z.literal('previewed'), preview: Preview }),
  z.object({ type: z.literal('rendered'), rendered: Rendered, rssBytes: z.int() }),
  z.object({ type: z.literal('undecodable'), message: z.string().max(500), rssBytes: z.int(), hungry: z.boolean() }),
  z.object({ type: z.literal('broken'), message: z.string().max(500), full: z.boolean() }),
]);
export type Reply = z.infer<typeof Reply>;

/** Is the file of a preview that was made of an embedded picture. */
export const previewFile = 'preview.webp';

/** Gives the file of a rendition. */
export function fileOf(rendition: RenditionName): string {
  return rendition === 'web' ? 'web.jpg' : `${rendition}.webp`;
}
