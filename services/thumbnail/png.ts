import { crc32, deflateSync } from 'node:zlib';

// The signature, and the header, which is the first chunk and always of one length.
const headerEnd = 8 + 25;

/** Says in a PNG in which colour profile its pixels are; an empty profile is none. */
export function withIccProfile(png: Buffer, icc: Buffer): Buffer {
  if (icc.length === 0) return png;
  const body = Buffer.concat([Buffer.from('iCCPicc\0\0', 'latin1'), deflateSync(icc, { level: 1 })]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length - 4);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([png.subarray(0, headerEnd), length, body, sum, png.subarray(headerEnd)]);
}
