import { BadConfig, readConfig } from '../../config';
import { EmbeddedDatabaseError } from '../embedded/storage/open-errors';
import { BackupError } from './backup-error';
import { exportTo } from './export';
import { importFrom } from './import';
import { openPlace, type PlaceSettings } from './place';
import { progressOn } from './progress';

const usage = {
  export: 'npm run db:export -- FILE',
  import: 'npm run db:import -- [--replace] FILE',
} as const;

/** What `npm run db:export` and `npm run db:import` do: 0 where it worked, 1 and a line on stderr where it did not. */
export async function backup(
  action: 'export' | 'import',
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): Promise<0 | 1> {
  const say = (line: string): boolean => process.stderr.write(`${line}\n`);
  const flags = args.filter((arg) => arg.startsWith('-'));
  const [file, ...rest] = args.filter((arg) => !arg.startsWith('-'));
  const isKnown = action === 'import' && flags.every((flag) => flag === '--replace');
  if (file === undefined || rest.length > 0 || !(isKnown || flags.length === 0)) {
    say(`Usage: ${usage[action]}`);
    return 1;
  }
  try {
    say(await run(action, file, flags.includes('--replace'), readConfig(environment)));
    return 0;
  } catch (error) {
    const isExpected =
      error instanceof BackupError || error instanceof EmbeddedDatabaseError || error instanceof BadConfig;
    say(isExpected ? error.message : String((error as Error).stack ?? error));
    return 1;
  }
}

async function run(
  action: 'export' | 'import',
  file: string,
  replace: boolean,
  settings: PlaceSettings,
): Promise<string> {
  // A running service may be asked for its documents, but not be changed under its feet.
  const place = await openPlace(settings, action === 'export' ? 'running' : undefined);
  try {
    const progress = progressOn(process.stderr);
    const { collections, documents } =
      action === 'export'
        ? await exportTo(file, place, progress)
        : await importFrom(file, place, replace, progress);
    const [done, way] = action === 'export' ? ['Exported', 'from'] : ['Imported', 'into'];
    return `${done} ${documents} documents of ${collections} collections ${way} ${place.name}.`;
  } finally {
    await place.close();
  }
}
