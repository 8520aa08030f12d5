import {
  DeleteObjectCommand,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';

/** Removes an object and, where its bucket keeps versions, all of them with the marks that stand for a deletion. */
export async function removeForGood(client: S3Client, Bucket: string, Key: string): Promise<void> {
  await client.send(new DeleteObjectCommand({ Bucket, Key }));
  for await (const VersionId of versionsOf(client, Bucket, Key))
    await client.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
}

async function* versionsOf(client: S3Client, Bucket: string, Key: string): AsyncGenerator<string> {
  let from: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } = {};
  let isMore = true;
  while (isMore) {
    const answer = await listed(client, { Bucket, Prefix: Key, ...from });
    for (const one of [...(answer?.Versions ?? []), ...(answer?.DeleteMarkers ?? [])])
      if (one.Key === Key && one.VersionId !== undefined) yield one.VersionId;
    from = { KeyMarker: answer?.NextKeyMarker, VersionIdMarker: answer?.NextVersionIdMarker };
    isMore = answer?.IsTruncated === true;
  }
}

// A server that knows no versions has none.
async function listed(
  client: S3Client,
  what: { Bucket: string; Prefix: string },
): Promise<ListObjectVersionsCommandOutput | undefined> {
  try {
    return await client.send(new ListObjectVersionsCommand(what));
  } catch (error) {
    if (!(error instanceof S3ServiceException)) throw error;
    const isUnknown = error.name === 'NotImplemented' || [405, 501].includes(error.$metadata.httpStatusCode ?? 0);
    if (isUnknown) return undefined;
    throw error;
  }
}
