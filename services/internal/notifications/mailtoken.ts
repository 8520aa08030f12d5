import { createHmac, timingSafeEqual } from 'node:crypto';
import { deriveKey } from '../auth/token.ts';

/** Says whom a mail's link lets act, and on what: without a sign-in, and for that alone. */
export interface MailGrant {
  purpose: 'unsubscribe' | 'confirm';
  recipientId: string;
  /** Is the kind of mail to end, or a mark of the address to confirm. */
  about: string;
}

/** Signs and checks the links of mails with a key of the install's secret; they do not expire. */
export function mailTokensOf(secret: string) {
  const key = deriveKey(secret, 'mail-link');
  const sign = (payload: string) => createHmac('sha256', key).update(payload).digest();
  return {
    /** Marks an address: a link that confirms one is no use for another. */
    markOf: (email: string) => sign(`address ${email}`).toString('hex').slice(0, 32),
    sign({ purpose, recipientId, about }: MailGrant): string {
      const payload = `${purpose}.${recipientId}.${about}`;
      return `${payload}.${sign(payload).toString('base64url')}`;
    },
    /** Reads a link's token; undefined when it is not ours. */
    verify(token: string): MailGrant | undefined {
      const cut = token.lastIndexOf('.');
      const payload = token.slice(0, Math.max(0, cut));
      const [given, right] = [Buffer.from(token.slice(cut + 1), 'base64url'), sign(payload)];
      if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined;
      const [purpose, recipientId = '', about = ''] = payload.split('.');
      return { purpose: purpose === 'confirm' ? 'confirm' : 'unsubscribe', recipientId, about };
    },
  };
}
export type MailTokens = ReturnType<typeof mailTokensOf>;
