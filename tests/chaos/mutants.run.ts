import { writeSync } from 'node:fs';
import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { play, type Scenario } from './arena';
import { changed, type Mutant, mutants } from './mutants';

/**
 * `npm run test:mutants`: the checker must notice each promise that is broken on purpose. What it lets through says where the
 * scenarios do not look. `-t 'cursor ignored'` tries one.
 */
const root = join(__dirname, '..', '..');
const copy = join(root, 'dist.mutants');

const storm: Scenario = {
  dist: copy,
  rooms: 3,
  events: 250,
  subscribers: 12,
  people: 8,
  sessions: 2,
  disturbances: 10,
  kills: 0,
  passersBy: 60,
  seed: Date.now() % 1_000_000,
  patienceSeconds: 5,
};

const scenarios: Readonly<Record<Mutant['shows'], Scenario>> = {
  network: storm,
  kills: { ...storm, passersBy: 0, disturbances: 0, kills: 10 },
  stalls: { ...storm, rooms: 1, subscribers: 6, disturbances: 0, passersBy: 0, stalls: true },
  'many rooms': { ...storm, rooms: 12 },
  'long absence': { ...storm, passersBy: 0, settings: { LIMIT_REPLAY: '5' } },
};

let caught = 0;
let tried = 0;

beforeAll(async () => {
  await rm(copy, { recursive: true, force: true });
  await cp(join(root, 'dist'), copy, { recursive: true });
});

afterAll(async () => {
  await rm(copy, { recursive: true, force: true });
  writeSync(1, `\ncaught ${caught}/${tried} mutants\n`);
});

it.each(mutants.map((mutant) => [mutant.name, mutant] as const))(
  'notices: %s',
  async (_name, mutant) => {
    tried += 1;
    const changes = [mutant, ...(mutant.also ? [mutant.also] : [])];
    const built = new Map<string, string>();
    for (const change of changes) {
      const { file } = change;
      const text = await readFile(join(copy, file), 'utf8');
      const mutated = changed(text, change);
      if (mutated === undefined) throw new Error(`${file} does not hold once: ${change.replace}`);
      if (!built.has(file)) built.set(file, text);
      await writeFile(join(copy, file), mutated);
    }
    try {
      const complaints = await complaintsOf(scenarios[mutant.shows]);
      expect(complaints).not.toEqual([]);
      caught += 1;
    } finally {
      for (const [file, text] of built) await writeFile(join(copy, file), text);
    }
  },
  180_000,
);

/** A service that cannot go on is noticed, too. */
async function complaintsOf(scenario: Scenario): Promise<readonly string[]> {
  try {
    return (await play(scenario)).complaints;
  } catch (error) {
    return [String(error)];
  }
}
