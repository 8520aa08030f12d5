import { S3ServiceException } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { Fault } from '../fault/fault.ts';
import { asObjectFault, isAbsent } from './failure.ts';

function answerOf(name: string, httpStatusCode: number): S3ServiceException {
  return new S3ServiceException({ name, $fault: 'client', $metadata: { httpStatusCode } });
}

const cases = [
  { name: 'SlowDown', status: 503, want: 'unavailable' },
  { name: 'AccessDenied', status: 403, want: 'unavailable' },
  { name: 'NoSuchBucket', status: 404, want: 'unavailable' },
  { name: 'Unknown', status: 400, want: 'unavailable' },
  { name: 'IncompleteBody', status: 400, want: 'unavailable' },
  { name: 'BadRequest', status: 400, want: 'unavailable' },
  { name: 'InvalidArgument', status: 400, want: 'itself' },
  { name: 'NoSuchKey', status: 404, want: 'itself' },
];
test.each(cases)('$name with $status is $want', ({ name, status, want }) => {
  const error = asObjectFault(answerOf(name, status));
  expect(error instanceof Fault ? error.kind : 'itself').toBe(want);
});

test('a lost connection is the network, and no absence', () => {
  const error = asObjectFault(new Error('socket hang up'));
  expect(error).toMatchObject({ kind: 'unavailable', class: 'network' });
  expect(isAbsent(new Error('socket hang up'))).toBe(false);
});
