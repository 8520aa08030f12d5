import { UploadMetadata } from '@kilat/contract';
import { Fault } from '#internal/fault/fault.ts';

/** Is what a client says of its file, as Upload-Metadata has it: null where a key has no value. */
export type SaidMetadata = Record<string, string | null>;

/** Tells whether what a client says describes a photo; browsers know no type of a raw file, so that one may be empty. */
export function describesPhoto(said: SaidMetadata): said is SaidMetadata & UploadMetadata {
  const { filetype, ...others } = said;
  return UploadMetadata.safeParse(filetype ? said : others).success;
}

/** Reads Upload-Metadata in the client's order. Throws metadata_invalid for what its grammar forbids. */
export function metadataOf(header: string): SaidMetadata {
  const pairs = header.split(',').map((pair) => {
    const [key = '', value, more] = pair.split(' ');
    if (!/^[\x21-\x7e]+$/.test(key) || more !== undefined) throw wrongMetadata();
    return [key, value ? textOf(value) : null] as const;
  });
  const said = Object.fromEntries(pairs);
  if (Object.keys(said).length !== pairs.length) throw wrongMetadata();
  return said;
}

/** Makes the fault of metadata that is no metadata, or describes no photo. */
export function wrongMetadata(): Fault {
  return new Fault('invalid', 'Upload-Metadata needs event_id and filename, as unique keys with UTF-8 in Base64.', {
    code: 'metadata_invalid',
  });
}

// What cannot be given back as it came, or kept as text, is refused rather than changed.
function textOf(base64: string): string {
  const bytes = Buffer.from(base64, 'base64');
  const text = bytes.toString('utf8');
  if (bytes.toString('base64') !== base64 || !Buffer.from(text).equals(bytes) || text.includes('\0'))
    throw wrongMetadata();
  return text;
}
