/** Why a backup was not made or not restored, worded for the operator. */
export class BackupError extends Error {
  override readonly name = 'BackupError';
}
