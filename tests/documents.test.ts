import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { buildSchema, parse, validate } from 'graphql';
import { blocksOf, pages, textOf } from './helpers/markdown';

const root = join(__dirname, '..');
const schema = buildSchema(textOf('schema.graphql'));

/** The text without its blocks of code, where a bracket is no link. */
const prose = (page: string) => textOf(page).replace(/^```.*?^```$/gms, '');

/** The anchors that GitHub makes of the headings of a page. */
function anchorsOf(page: string): string[] {
  return [...prose(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

it.each(pages())('%s links to files and headings that exist', (page) => {
  const links = [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
  const broken = links
    .filter((link) => !/^[a-z]+:/.test(link))
    .filter((link) => {
      const [path = '', anchor] = link.split('#');
      const target = path === '' ? page : normalize(join(dirname(page), path));
      if (!existsSync(join(root, target))) return true;
      return anchor !== undefined && !anchorsOf(target).includes(anchor);
    });
  expect(broken).toEqual([]);
});

it.each(pages())('%s shows GraphQL that the schema has', (page) => {
  const problems = blocksOf(page, 'graphql')
    .map((text) => text.replaceAll('{ … }', '{ id }'))
    .flatMap((text) => validate(schema, parse(text)).map(({ message }) => message));
  expect(problems).toEqual([]);
});
