import { BadConfig, readConfig } from '../../src/config';

/** A value that no message may show. */
export const secret = 'not-for-anybodys-eyes';

/** The lines of the refusal of these settings; empty where they are accepted. */
export function complaints(env: Record<string, string>): string[] {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof BadConfig) return error.message.split('\n').slice(1);
    throw error;
  }
  return [];
}
