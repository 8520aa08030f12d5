import type { IncomingHttpHeaders } from 'node:http';
import { Fault } from '#internal/fault/fault.ts';
import { checksumIn, mostChecked, tooMuch } from './checksum.ts';
import { describesPhoto, metadataOf, wrongMetadata } from './metadata.ts';

/** Is the one version of tus that is spoken here. */
export const tusVersion = '1.0.0';

/** Is the only type of a body that carries bytes of an upload. */
const bodyType = 'application/offset+octet-stream';
const wholeNumber = /^(0|[1-9]\d*)$/;

/** Gives the method that a request means: a client that cannot send PATCH or DELETE names it in a header. */
export function methodOf(request: { method?: string | undefined; headers: IncomingHttpHeaders }): string {
  return headerOf(request.headers, 'x-http-method-override') ?? request.method ?? '';
}

/** Finds what tus 1.0.0 forbids of a request by its headers alone; undefined when nothing is wrong with them. */
export function protocolFault(method: string, headers: IncomingHttpHeaders, maxBytes: number): Fault | undefined {
  if (method === 'OPTIONS') return undefined;
  if (headerOf(headers, 'tus-resumable') !== tusVersion)
    return new Fault('invalid', `Only tus ${tusVersion} is spoken here: name it in Tus-Resumable.`, {
      code: 'version_unsupported',
      status: 412,
    });
  if (method === 'POST') return creationFault(headers, maxBytes) ?? checksumFault(headers);
  if (method === 'PATCH') return patchFault(headers) ?? checksumFault(headers);
  return undefined;
}

function creationFault(headers: IncomingHttpHeaders, maxBytes: number): Fault | undefined {
  if (headers['upload-concat'] !== undefined) return new Fault('invalid', 'Upload-Concat is not offered.');
  return lengthFault(headers, maxBytes) ?? metadataFault(headers) ?? firstBytesFault(headers);
}

function lengthFault(headers: IncomingHttpHeaders, maxBytes: number): Fault | undefined {
  const length = headerOf(headers, 'upload-length');
  if (length === undefined || headers['upload-defer-length'] !== undefined)
    return new Fault('invalid', 'Upload-Length is needed: a photo has a known size.', { code: 'length_required' });
  if (!wholeNumber.test(length)) return new Fault('invalid', 'Upload-Length is no whole number of bytes.');
  if (length === '0') return new Fault('invalid', 'The file is empty.', { code: 'empty_file' });
  return Number(length) > maxBytes ? tooLarge(`A file may have ${maxBytes} bytes.`) : undefined;
}

function firstBytesFault(headers: IncomingHttpHeaders): Fault | undefined {
  const [length, type] = [Number(headers['content-length'] ?? 0), headers['content-type']];
  const chunked = headers['transfer-encoding'] !== undefined && type !== undefined;
  if ((length > 0 || chunked) && type !== bodyType) return wrongType();
  return length > Number(headers['upload-length']) ? tooLarge('The body is longer than Upload-Length.') : undefined;
}

function patchFault(headers: IncomingHttpHeaders): Fault | undefined {
  if (headers['content-type'] !== bodyType) return wrongType();
  if (!wholeNumber.test(headerOf(headers, 'upload-offset') ?? ''))
    return new Fault('invalid', 'Upload-Offset is needed, as a whole number of bytes.');
  if (headers['upload-length'] === undefined && headers['upload-defer-length'] === undefined) return undefined;
  return new Fault('invalid', 'The length of an upload is set once, when it is created.');
}

function metadataFault(headers: IncomingHttpHeaders): Fault | undefined {
  return faultOf(() => {
    const said = metadataOf(headerOf(headers, 'upload-metadata') ?? '');
    return describesPhoto(said) ? undefined : wrongMetadata();
  });
}

function checksumFault(headers: IncomingHttpHeaders): Fault | undefined {
  return faultOf(() => {
    const large = Number(headers['content-length'] ?? 0) > mostChecked;
    return checksumIn(headers) !== undefined && large ? tooMuch() : undefined;
  });
}

function faultOf(find: () => Fault | undefined): Fault | undefined {
  try {
    return find();
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
}

function wrongType(): Fault {
  return new Fault('invalid', `Bytes of an upload come as Content-Type: ${bodyType}.`, {
    code: 'media_type_invalid',
    status: 415,
  });
}

function tooLarge(message: string): Fault {
  return new Fault('invalid', message, { code: 'file_too_large', status: 413 });
}

function headerOf(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}
