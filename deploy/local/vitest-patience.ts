import { vi } from 'vitest';
import { patienceMs } from './patience.ts';

const { waitFor } = vi;

// vitest has no setting for it.
vi.waitFor = (check, options) => {
  const told = typeof options === 'number' ? { timeout: options } : options;
  return waitFor(check, { timeout: patienceMs, ...told });
};
