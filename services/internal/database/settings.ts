import { required, wholeNumber } from '../env/types.ts';

/** Lists the settings of the database. */
export const databaseSettings = {
  DATABASE_URL: required('URL of PostgreSQL 16 to 18; or DATABASE_URL_FILE'),
  DATABASE_POOL_SIZE: wholeNumber('connections that one target may hold', { default: 10, min: 1, max: 200 }),
};

/** Makes the pool's options of read settings. */
export function databaseOptions(read: { DATABASE_URL: string; DATABASE_POOL_SIZE: number }) {
  return { url: read.DATABASE_URL, poolSize: read.DATABASE_POOL_SIZE };
}
