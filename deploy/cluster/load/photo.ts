import { createHash, randomBytes } from 'node:crypto';

// A grey picture of 64 pixels; what a decoder costs lies in beginning, not in pixels.
const picture = Buffer.from(
  '/9j/2wBDABQUFBQVFBcZGRcfIh4iHy4rJycrLkYyNjI2MkZqQk5CQk5Cal5yXVZdcl6phXZ2hanDpJukw+zT0+z/////////2wBDARQUFBQVFBcZGRcfIh4iHy4rJycrLkYyNjI2MkZqQk5CQk5Cal5yXVZdcl6phXZ2hanDpJukw+zT0+z/////////wgARCABAAGADASIAAhEBAxEB/8QAFwABAQEBAAAAAAAAAAAAAAAAAQACBP/EABcBAQEBAQAAAAAAAAAAAAAAAAMFBgT/2gAMAwEAAhADEAAAAODVqtxmrRPNoXlSeVF5Un4NWrOaNWhc1aJzVomNWhebRPwK2c1Ki9qSe1aJzVoXNWifgVsZmVJ5UnlRe1JPatE//8QAFBABAAAAAAAAAAAAAAAAAAAAYP/aAAgBAQABPwBB/8QAFREBAQAAAAAAAAAAAAAAAAAAAQD/2gAIAQIBAT8AZlmZmWZZmZmWZmZZlm//xAAWEQADAAAAAAAAAAAAAAAAAAAAAQL/2gAIAQMBAT8Alkslkslkslkslkslkslkslkslkslkslkslks/9k=',
  'base64',
);

/** Is one file to send. */
export interface Shot {
  name: string;
  bytes: Buffer;
  sha256: string;
}

/** Makes a photo of a size in bytes; noise behind its end makes each a file of its own. */
export function shoot(number: number, size: number): Shot {
  const bytes = Buffer.concat([picture, randomBytes(Math.max(64, size - picture.length))]);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { name: `DSC_${String(number).padStart(5, '0')}.JPG`, bytes, sha256 };
}
