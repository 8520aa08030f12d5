import type { Board } from './board.ts';
import { databaseBoard } from './database.ts';
import { eventBoard } from './event.ts';
import { liveBoard } from './live.ts';
import { overviewBoard } from './overview.ts';
import { pipelineBoard } from './pipeline.ts';
import { storageBoard } from './storage.ts';
import { uploadsBoard } from './uploads.ts';

/** Lists the dashboards. */
export const boards: Board[] = [
  overviewBoard,
  uploadsBoard,
  pipelineBoard,
  liveBoard,
  databaseBoard,
  storageBoard,
  eventBoard,
];
