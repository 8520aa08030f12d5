import { expect, test } from 'vitest';
import { methodOf, protocolFault } from './protocol.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const metadata = `event_id ${base64('0192b0e2-0000-7000-8000-000000000001')},filename ${base64('a.jpg')}`;
const spoken = { 'tus-resumable': '1.0.0' };
const creation = { ...spoken, 'upload-length': '100', 'upload-metadata': metadata };
const bytes = { 'content-type': 'application/offset+octet-stream', 'content-length': '10' };
const writing = { ...spoken, ...bytes, 'upload-offset': '0' };
const sum = { 'upload-checksum': 'sha1 qvTGHdzF6KLavt4PO0gs2a6pQ00=' };

const cases: { name: string; method: string; headers: Record<string, string>; want?: [number | undefined, string] }[] =
  [
    { name: 'OPTIONS without a version', method: 'OPTIONS', headers: {} },
    { name: 'HEAD', method: 'HEAD', headers: spoken },
    { name: 'HEAD without a version', method: 'HEAD', headers: {}, want: [412, 'version_unsupported'] },
    {
      name: 'DELETE in another version',
      method: 'DELETE',
      headers: { 'tus-resumable': '2.0.0' },
      want: [412, 'version_unsupported'],
    },
    { name: 'a creation', method: 'POST', headers: creation },
    { name: 'a creation with bytes', method: 'POST', headers: { ...creation, ...bytes } },
    {
      name: 'a creation in another version that lacks all else',
      method: 'POST',
      headers: {},
      want: [412, 'version_unsupported'],
    },
    {
      name: 'a creation without a length',
      method: 'POST',
      headers: { ...spoken, 'upload-metadata': metadata },
      want: [undefined, 'length_required'],
    },
    {
      name: 'a creation of nothing',
      method: 'POST',
      headers: { ...creation, 'upload-length': '0' },
      want: [undefined, 'empty_file'],
    },
    {
      name: 'a creation above the maximum',
      method: 'POST',
      headers: { ...creation, 'upload-length': '1001' },
      want: [413, 'file_too_large'],
    },
    {
      name: 'a creation without metadata',
      method: 'POST',
      headers: { ...spoken, 'upload-length': '1' },
      want: [undefined, 'metadata_invalid'],
    },
    {
      name: 'a creation with bytes of a type',
      method: 'POST',
      headers: { ...creation, ...bytes, 'content-type': 'image/jpeg' },
      want: [415, 'media_type_invalid'],
    },
    {
      name: 'a creation with too many bytes',
      method: 'POST',
      headers: { ...creation, ...bytes, 'content-length': '101' },
      want: [413, 'file_too_large'],
    },
    {
      name: 'a creation of a part',
      method: 'POST',
      headers: { ...creation, 'upload-concat': 'partial' },
      want: [undefined, 'invalid'],
    },
    { name: 'bytes', method: 'PATCH', headers: writing },
    { name: 'bytes with a checksum', method: 'PATCH', headers: { ...writing, ...sum } },
    { name: 'bytes with a checksum to come', method: 'PATCH', headers: { ...writing, trailer: 'Upload-Checksum' } },
    {
      name: 'bytes of another type',
      method: 'PATCH',
      headers: { ...writing, 'content-type': 'text/plain' },
      want: [415, 'media_type_invalid'],
    },
    { name: 'bytes at no offset', method: 'PATCH', headers: { ...spoken, ...bytes }, want: [undefined, 'invalid'] },
    {
      name: 'bytes at a negative offset',
      method: 'PATCH',
      headers: { ...writing, 'upload-offset': '-1' },
      want: [undefined, 'invalid'],
    },
    {
      name: 'bytes with another length',
      method: 'PATCH',
      headers: { ...writing, 'upload-length': '9' },
      want: [undefined, 'invalid'],
    },
    {
      name: 'bytes with a checksum nobody knows',
      method: 'PATCH',
      headers: { ...writing, 'upload-checksum': 'md5 AAAA' },
      want: [undefined, 'checksum_invalid'],
    },
    {
      name: 'too many bytes with a checksum',
      method: 'PATCH',
      headers: { ...writing, ...sum, 'content-length': '67108865' },
      want: [413, 'chunk_too_large'],
    },
  ];
test.each(cases)('of $name tus says $want', ({ method, headers, want }) => {
  const fault = protocolFault(method, headers, 1_000);
  expect(fault && [fault.status, fault.code]).toEqual(want);
});

test('the method that a header names is the method', () => {
  expect(methodOf({ method: 'POST', headers: { 'x-http-method-override': 'PATCH' } })).toBe('PATCH');
  expect(methodOf({ method: 'HEAD', headers: {} })).toBe('HEAD');
});
