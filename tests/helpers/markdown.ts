import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '..', '..');

/** Every page for readers, by its path from the root of the repository. */
export function pages(): string[] {
  const inDocs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' });
  return [
    'README.md',
    'CONTRIBUTING.md',
    'CHANGELOG.md',
    ...inDocs.filter((name) => name.endsWith('.md')).map((name) => join('docs', name)),
  ];
}

export const textOf = (page: string) => readFileSync(join(root, page), 'utf8');

/** The blocks of code of a page in one language, in order. */
export function blocksOf(page: string, language: string): string[] {
  const found = textOf(page).matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'));
  return [...found].map(([, text = '']) => text);
}

/** The part of a page from one heading of the second level to the next. */
export function sectionOf(page: string, heading: string): string {
  const section = textOf(page)
    .split(/^## /m)
    .find((each) => each.startsWith(`${heading}\n`));
  if (!section) throw new Error(`${page} has no heading "${heading}"`);
  return section;
}
