/** Is who asks: an account, the guest of one share link, or a stranger. */
export type Principal = AccountPrincipal | GuestPrincipal | { kind: 'stranger' };

/** Is a signed-in account; the install's owner may do everything in every event. */
export interface AccountPrincipal {
  kind: 'account';
  accountId: string;
  name: string;
  role: 'owner' | 'member';
}

/** Is a guest of one event, by one generation of one share link; the session tells one guest from another. */
export interface GuestPrincipal {
  kind: 'guest';
  eventId: string;
  linkId: string;
  linkGeneration: number;
  sessionId: string;
}

/** Is somebody of whom nothing is known. */
export const stranger: Principal = { kind: 'stranger' };
