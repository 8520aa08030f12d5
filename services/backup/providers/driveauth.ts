import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import * as z from 'zod';
import { Refusal, refusalOf } from './driverefusal.ts';

const lifetimeSeconds = 3600;
const grant = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
// A folder that was shared with the account is out of reach of the narrower scope drive.file.
const scope = 'https://www.googleapis.com/auth/drive';

/** Is a service account's key, as the JSON file that Google gives has it; the private part cannot be printed. */
export interface DriveKey {
  email: string;
  keyId: string | undefined;
  privateKey: KeyObject;
  tokenUri: string;
}

const KeyFile = z.object({
  type: z.literal('service_account'),
  client_email: z.string().min(1),
  private_key: z.string(),
  private_key_id: z.string().optional(),
  token_uri: z.url().default('https://oauth2.googleapis.com/token'),
});

/** Reads the text of a service account's key file; undefined when it is none. */
export function parseDriveKey(text: string): DriveKey | undefined {
  try {
    const file = KeyFile.parse(JSON.parse(text));
    return {
      email: file.client_email,
      keyId: file.private_key_id,
      privateKey: createPrivateKey(file.private_key),
      tokenUri: file.token_uri,
    };
  } catch {
    return undefined; // The cause may quote the key.
  }
}

/** Signs in as a service account. */
export interface DriveAuth {
  /** Gives a token that is good for a minute more at least; asks for one at a time. Throws a Refusal. */
  token(): Promise<string>;
  /** Drops a token that was refused before its time. */
  forget(token: string): void;
}

interface Token {
  value: string;
  /** In milliseconds of this machine's clock. */
  until: number;
}

/** Makes a sign-in that keeps its token; `subject` is a person of the domain in whose name the account acts. */
export function createDriveAuth(key: DriveKey, subject: string | undefined, timeoutMs: number): DriveAuth {
  let kept: Token | undefined;
  let coming: Promise<Token> | undefined;
  return {
    async token() {
      if (kept !== undefined && kept.until > Date.now()) return kept.value;
      coming ??= exchange(key, subject, timeoutMs).finally(() => {
        coming = undefined;
      });
      kept = await coming;
      return kept.value;
    },
    forget(token) {
      if (kept?.value === token) kept = undefined;
    },
  };
}

const Grant = z.object({ access_token: z.string().min(1), expires_in: z.number() });

async function exchange(key: DriveKey, subject: string | undefined, timeoutMs: number): Promise<Token> {
  const body = new URLSearchParams({ grant_type: grant, assertion: assertionOf(key, subject) });
  const askedAt = Date.now();
  const response = await fetch(key.tokenUri, {
    ...{ method: 'POST', body, redirect: 'error', signal: AbortSignal.timeout(timeoutMs) },
  }).catch(() => {
    throw new Refusal(0, 'token_lost');
  });
  if (!response.ok) throw await asDenial(response);
  const parsed = Grant.safeParse(await response.json().catch(() => undefined));
  if (!parsed.success) throw new Refusal(502, 'token_unreadable');
  return { value: parsed.data.access_token, until: askedAt + (parsed.data.expires_in - 60) * 1000 };
}

// The endpoint answers a key that it does not take with 400, which elsewhere means that a call is wrong for ever.
async function asDenial(response: Response): Promise<Refusal> {
  const refusal = await refusalOf(response);
  const passing = refusal.status === 429 || refusal.status >= 500;
  return passing ? refusal : new Refusal(403, refusal.reason);
}

function assertionOf(key: DriveKey, subject: string | undefined): string {
  const issuedAt = Math.floor(Date.now() / 1000);
  const claims = {
    ...{ iss: key.email, scope, aud: key.tokenUri, iat: issuedAt, exp: issuedAt + lifetimeSeconds },
    ...(subject === undefined ? {} : { sub: subject }),
  };
  const content = [{ alg: 'RS256', typ: 'JWT', kid: key.keyId }, claims].map(encoded).join('.');
  return `${content}.${sign('RSA-SHA256', Buffer.from(content), key.privateKey).toString('base64url')}`;
}

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
