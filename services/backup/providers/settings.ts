import * as z from 'zod';
import { type Environment, readSettings, type Settings, SettingsError } from '#internal/env/env.ts';
import { flag, required, text } from '#internal/env/types.ts';
import { openDrive } from './drive.ts';
import { parseDriveKey } from './driveauth.ts';
import type { Provider } from './provider.ts';
import { openS3Provider, s3Profiles } from './s3.ts';

/** Is a provider whose settings are read. */
export interface ProviderPlace {
  /** Names the place itself, whatever it is called. */
  place: string;
  /** Opens it; the first call connects. */
  open(): Provider;
}

const s3Settings = {
  PROFILE: z
    .enum(Object.keys(s3Profiles) as [keyof typeof s3Profiles])
    .default('aws')
    .describe(`s3: vendor of the bucket: ${Object.keys(s3Profiles).join(', ')}`),
  ENDPOINT: z.url().optional().describe('URL of the S3 server; none for AWS itself'),
  REGION: text('s3: region of the bucket', 'us-east-1'),
  BUCKET: required('s3: bucket for second copies: another one than that of the originals'),
  ACCESS_KEY_ID: required('s3: access key id'),
  SECRET_ACCESS_KEY: required('s3: secret access key; or …_SECRET_ACCESS_KEY_FILE'),
};

const driveSettings = {
  KEY: required("a service account's key as its JSON file has it; or …_KEY_FILE")
    .refine((file) => parseDriveKey(file) !== undefined)
    .describe("drive: a service account's key as its JSON file has it; or …_KEY_FILE"),
  FOLDER: required('drive: id of the folder for second copies, best of a shared drive'),
  SUBJECT: z.string().optional().describe('drive: person of the domain in whose name the account acts'),
  KEEP_FILE_NAMES: flag("drive: tell Drive the photos' file names, as their description", false),
  ENDPOINT: z.url().optional().describe('URL of the server: of S3, none for AWS itself; of Drive, none for Google'),
};

const kinds = ['s3', 'drive'] as const;
const kindSettings = {
  KIND: z
    .enum(kinds)
    .default('s3')
    .describe(`what the provider is: ${kinds.join(', ')}`),
};

/** Lists the settings of a provider under a placeholder, for people to read. */
export const providerSettings = named('<NAME>', { ...kindSettings, ...s3Settings, ...driveSettings });

/** Reads the settings of providers by their names. Throws SettingsError with all that is wrong. */
export function readProviders(names: readonly string[], env: Environment): Map<string, ProviderPlace> {
  const problems: string[] = [];
  const opens = new Map<string, ProviderPlace>();
  for (const name of names) {
    try {
      opens.set(name, readProvider(name, env));
    } catch (error) {
      if (!(error instanceof SettingsError)) throw error;
      problems.push(...error.problems);
    }
  }
  problems.push(...twice(opens));
  if (problems.length > 0) throw new SettingsError(problems);
  return opens;
}

function twice(places: ReadonlyMap<string, ProviderPlace>): string[] {
  const seen = new Set<string>();
  return [...places].flatMap(([name, { place }]) => {
    if (seen.has(place)) return [`${prefixOf(name)}*: is the same place as another`];
    seen.add(place);
    return [];
  });
}

function readProvider(name: string, env: Environment): ProviderPlace {
  return readNamed(name, kindSettings, env).KIND === 'drive' ? readDrive(name, env) : readS3(name, env);
}

function readS3(name: string, env: Environment): ProviderPlace {
  const read = readNamed(name, s3Settings, env);
  const place = {
    ...{ endpoint: read.ENDPOINT, region: read.REGION, bucket: read.BUCKET },
    ...{ accessKeyId: read.ACCESS_KEY_ID, secretAccessKey: read.SECRET_ACCESS_KEY },
  };
  return { place: placeOfBucket(read), open: () => openS3Provider(name, place, s3Profiles[read.PROFILE]) };
}

function readDrive(name: string, env: Environment): ProviderPlace {
  const read = readNamed(name, driveSettings, env);
  const key = parseDriveKey(read.KEY);
  if (key === undefined) throw new Error('a key that was read is none');
  const { FOLDER: folder, SUBJECT: subject, KEEP_FILE_NAMES: keepFileNames, ENDPOINT: endpoint } = read;
  return {
    place: `drive ${folder}`,
    open: () => openDrive({ name, key, folder, subject, keepFileNames, endpoint }),
  };
}

/** Names a bucket as a place: what lies in the same one twice is there once. */
export function placeOfBucket({ ENDPOINT, BUCKET }: { ENDPOINT?: string | undefined; BUCKET: string }): string {
  return `s3 ${ENDPOINT === undefined ? 'aws' : new URL(ENDPOINT).host} ${BUCKET}`;
}

/** Reads settings that carry a provider's name as if they did not. */
function readNamed<S extends Settings>(
  name: string,
  settings: S,
  env: Environment,
): { [K in keyof S]: z.output<S[K]> } {
  const prefix = prefixOf(name);
  const values = readSettings(named(name, settings), env);
  const plain = Object.entries(values).map(([key, value]) => [key.slice(prefix.length), value]);
  return Object.fromEntries(plain) as { [K in keyof S]: z.output<S[K]> };
}

function named(name: string, settings: Settings): Settings {
  return Object.fromEntries(Object.entries(settings).map(([key, schema]) => [prefixOf(name) + key, schema]));
}

function prefixOf(name: string): string {
  return `BACKUP_${name.toUpperCase().replaceAll('-', '_')}_`;
}
