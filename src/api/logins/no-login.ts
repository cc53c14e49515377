import { AppError } from '../../errors';

/** The refusal of a login, with the reason in words that follow "This login is not accepted: ". */
export function noLogin(reason: string, cause?: unknown): AppError {
  return new AppError('UNAUTHENTICATED', `This login is not accepted: ${reason}.`, { cause });
}
