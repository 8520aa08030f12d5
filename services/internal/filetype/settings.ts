import { flag } from '../env/types.ts';

/** Lists what targets that take and show photos must agree on. */
export const fileTypeSettings = {
  TAKE_TIFF: flag('take and show TIFF files too; their decoder is attacked more often than others', false),
};
