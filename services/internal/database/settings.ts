import { required, wholeNumber } from '../env/types.ts';

/** Lists the settings of the database. */
export const databaseSettings = {
  DATABASE_URL: required('URL of PostgreSQL 16 to 18; or DATABASE_URL_FILE'),
  DATABASE_POOL_SIZE: wholeNumber('connections that one target may hold', { default: 10, min: 1, max: 200 }),
};
