/** Why a backup was not made or not restored, in words for whoever asked for it. */
export class BackupError extends Error {
  override readonly name = 'BackupError';
}
