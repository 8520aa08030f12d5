/**
 * Is how long a test waits for a condition, in ms. Machines are slow for a while now and then, ten times as slow as on
 * other days: this bounds only what hangs.
 */
export const patienceMs = 120_000;
