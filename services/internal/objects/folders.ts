import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { asObjectFault } from './failure.ts';
import type { Objects } from './objects.ts';

/** Lists what stands between a prefix and the next slash, once each, whatever lies below. */
export async function* listFolders({ client, bucket }: Objects, prefix: string): AsyncGenerator<string> {
  let ContinuationToken: string | undefined;
  do {
    const command = new ListObjectsV2Command({
      ...{ Bucket: bucket, Prefix: prefix, Delimiter: '/', ContinuationToken },
    });
    const answer = await client.send(command).catch((error) => {
      throw asObjectFault(error);
    });
    for (const { Prefix = '' } of answer.CommonPrefixes ?? []) yield Prefix.slice(prefix.length, -1);
    ContinuationToken = answer.NextContinuationToken;
  } while (ContinuationToken !== undefined);
}
