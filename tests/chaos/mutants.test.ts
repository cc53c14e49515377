import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { changed, mutants } from './mutants';

const dist = join(__dirname, '..', '..', 'dist');

/** The long form runs now and then, and until then nobody would notice that a mutant had nothing left to change. */
it.each(mutants)('the code still has what is broken in: $name', async (mutant) => {
  for (const change of [mutant, ...(mutant.also ? [mutant.also] : [])]) {
    const text = await readFile(join(dist, change.file), 'utf8');
    expect(changed(text, change) ?? `${change.file} does not hold once: ${change.replace}`).toContain(
      change.by,
    );
  }
});
