import { vi } from 'vitest';

const { waitFor } = vi;

/** Is how long `vi.waitFor` waits unless told, which vitest has no setting for. A test waits for a condition, not for a time. */
const timeout = 120_000;

vi.waitFor = (check, options) => waitFor(check, { timeout, ...(typeof options === 'object' && options) });
