import { createTransport } from 'nodemailer';
import type { Database } from '#internal/database/database.ts';
import type { Letter } from '../letters.ts';
import type { Channel, Owed, Result } from './channel.ts';

/** Says how mail goes out: `url` may carry a password and is never logged. */
export interface EmailOptions {
  url: string;
  from: string;
  /** Is the host in Message-IDs and List-Ids: that of the install. */
  host: string;
}

interface Target {
  email: string;
}

/** Is the channel of mail; disposing closes its connections. */
export interface EmailChannel extends Channel, Disposable {}

/** Makes the channel of mail over SMTP. Every try of a letter has the same bytes, its Message-ID and date among them. */
export function emailChannel(database: Database, options: EmailOptions): EmailChannel {
  const transport = createTransport({
    ...{ url: options.url, pool: true, maxConnections: 2 },
    ...{ connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 20_000 },
  });
  return {
    name: 'email',
    async send(owed) {
      const to = await addressOf(database, owed);
      if (to === undefined) return { state: 'unwanted' };
      try {
        await transport.sendMail({ ...messageOf(owed, options), from: options.from, to });
        return { state: 'sent' };
      } catch (error) {
        return resultOf(error);
      }
    },
    [Symbol.dispose]: () => transport.close(),
  };
}

async function addressOf(database: Database, { targetId, kind }: Owed): Promise<string | undefined> {
  const [row] = await database.query<Target>(
    `select email from recipients where recipient_id = $1 and email is not null and not $2 = any(muted)
     and (confirmed_at is null) = ($2 = 'confirm_address')`,
    [targetId, kind],
  );
  return row?.email;
}

function messageOf({ id, kind, content, createdAt }: Owed, { host }: EmailOptions) {
  const { language, subject, text, html, unsubscribe } = JSON.parse(content) as Letter;
  return {
    ...{ subject, text, html, date: createdAt, messageId: `<${id}@${host}>`, baseBoundary: id },
    headers: {
      'Content-Language': language,
      'Auto-Submitted': 'auto-generated',
      'X-Kilat-Notification': id,
      'List-Id': `<${kind.replaceAll('_', '-')}.${host}>`,
      ...(unsubscribe !== null && {
        'List-Unsubscribe': `<${unsubscribe}>`,
        'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click',
      }),
    },
  };
}

// A server says its mind about one letter with a code of its own; all else is about the server, or the way there.
function resultOf(error: unknown): Result {
  const { responseCode, code, command } = (error ?? {}) as {
    responseCode?: number | false;
    code?: string;
    command?: string;
  };
  const about = typeof command === 'string' && /^(RCPT|DATA)/.test(command) && code !== 'EAUTH';
  if (!responseCode || !about || responseCode === 421)
    return { state: 'down', error: 'The mail server is not available.' };
  const said = `The mail server answered ${responseCode}.`;
  if (responseCode >= 500) return { state: 'refused', error: said };
  return { state: 'later', class: 'server', error: said };
}
