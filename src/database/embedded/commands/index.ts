import { aggregate } from './aggregate';
import {
  collMod,
  create,
  drop,
  dropDatabase,
  listCollections,
  listDatabases,
  renameCollection,
} from './collections';
import type { Command } from './command';
import { count } from './count';
import { getMore, killCursors } from './cursors';
import { deleteDocuments } from './delete';
import { distinct } from './distinct';
import { explain } from './explain';
import { find } from './find';
import { findAndModify } from './find-and-modify';
import { buildInfo, connectionStatus, hello, isMaster, ping, whatsmyuri } from './handshake';
import { createIndexes, dropIndexes, listIndexes } from './indexes';
import { insert } from './insert';
import { endSessions, killSessions, refreshSessions, startSession } from './sessions';
import {
  collStats,
  dbStats,
  getParameter,
  hostInfo,
  serverStatus,
  setParameter,
  validate,
} from './statistics';
import { update } from './update';

/** What this server answers. Anything else gets CommandNotFound, never an empty success. */
export const commands: Readonly<Record<string, Command>> = {
  aggregate,
  buildInfo,
  buildinfo: buildInfo,
  collMod,
  collStats,
  collstats: collStats,
  connectionStatus,
  count,
  create,
  createIndexes,
  dbStats,
  dbstats: dbStats,
  delete: deleteDocuments,
  deleteIndexes: dropIndexes,
  distinct,
  drop,
  dropDatabase,
  dropIndexes,
  endSessions,
  explain,
  find,
  findAndModify,
  findandmodify: findAndModify,
  getMore,
  getParameter,
  hello,
  hostInfo,
  insert,
  isMaster,
  ismaster: isMaster,
  killCursors,
  killSessions,
  listCollections,
  listDatabases,
  listIndexes,
  ping,
  refreshSessions,
  renameCollection,
  serverStatus,
  setParameter,
  startSession,
  update,
  validate,
  whatsmyuri,
};
