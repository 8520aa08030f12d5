import { v5 } from 'uuid';

// Any fixed namespace does, as long as it is ours for ever.
const namespace = '6f0c3f0e-6d8e-5c3b-9a53-2b1d7c7b9f4e';

/** Derives a notification's id from what it tells of and to whom: made again, it is the same. */
export function notificationId(...parts: readonly (string | number)[]): string {
  return v5(JSON.stringify(parts), namespace);
}
