import { ServerError } from '../server-error';
import { sqliteCode, sqliteCodes } from './sqlite';

/** The error that a client receives for a failure that its command did not cause. */
export function asServerError(error: unknown): ServerError {
  if (error instanceof ServerError) return error;
  const text = error instanceof Error ? error.message : String(error);
  switch (sqliteCode(error)) {
    case sqliteCodes.full:
      return new ServerError(14031, 'The disk is full: nothing was written, and what was there is as it was');
    case sqliteCodes.corrupt:
    case sqliteCodes.notADatabase:
      return new ServerError(366, `The database file is damaged: ${text}`);
    case sqliteCodes.io:
    case sqliteCodes.readOnly:
      return new ServerError(96, `The database file cannot be written: ${text}`);
    default:
      return new ServerError(1, `The embedded database has made a mistake, and nothing was written: ${text}`);
  }
}
