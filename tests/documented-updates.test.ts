import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSchema, isEnumType } from 'graphql';
import { type Ending, endings } from '../src/api/close-codes';
import { errorStatus } from '../src/errors';
import { figures } from '../src/figures';

const root = join(__dirname, '..');
const page = readFileSync(join(root, 'docs', 'updates-protocol.md'), 'utf8');
const schema = buildSchema(readFileSync(join(root, 'schema.graphql'), 'utf8'));

/** The cells of every row of the first table under a heading. */
function tableUnder(heading: string): string[][] {
  const section = page.split(/^##+ /m).find((each) => each.startsWith(`${heading}\n`));
  if (!section) throw new Error(`docs/updates-protocol.md has no heading "${heading}"`);
  const [table = ''] = /^\|(?:.*\n\|)*.*$/m.exec(section) ?? [];
  const [, , ...rows] = table.split('\n');
  return rows.map((row) => row.slice(2, -2).split(' | '));
}

/** What stands in backticks in the first column. */
const namesUnder = (heading: string) =>
  tableUnder(heading)
    .map(([name = '']) => name.replaceAll('`', ''))
    .sort();

function valuesOf(name: string): string[] {
  const type = schema.getType(name);
  if (!isEnumType(type)) throw new Error(`${name} is not an enum of the schema`);
  return type
    .getValues()
    .map((value) => value.name)
    .sort();
}

it.each([
  ['Actions', 'ParticipantAction'],
  ['Why a SNAPSHOT was sent', 'SnapshotReason'],
  ['How a participant left', 'LeftReason'],
  ['Where a change came from', 'UpdateSource'],
])('has a row under "%s" for each value of %s, and no other', (heading, type) => {
  expect(namesUnder(heading)).toEqual(valuesOf(type));
});

it('has a row for each error code with its status, and no other', () => {
  const rows = tableUnder('Errors').map(([code, status]) => [code, status]);
  expect(rows).toEqual(Object.entries(errorStatus).map(([code, status]) => [`\`${code}\``, String(status)]));
});

const rowOf = ({ code, reason, on, when, advice }: Ending) => {
  const shown = reason === '' ? '' : `\`${reason}\``;
  return `| ${code} | ${shown} | ${on} | ${when} | ${advice} |`.replaceAll('  ', ' ');
};

it('has the table of close codes that the code has', () => {
  const rows = page.split('\n').filter((line) => /^\| \d{4} \|/.test(line));
  expect(rows).toEqual(Object.values(endings).map(rowOf));
});

it('counts every close code in the metrics', () => {
  const codes = Object.values(endings).map(({ code }) => String(code));
  expect(figures.ws_connections_closed_total.labels.code).toEqual(expect.arrayContaining(codes));
});

it('closes sockets by the table alone', () => {
  const files = readdirSync(join(root, 'src', 'api'), { recursive: true, encoding: 'utf8' });
  const closings = files
    .filter((file) => file.endsWith('.ts') && file !== 'close-codes.ts')
    .flatMap((file) => {
      const text = readFileSync(join(root, 'src', 'api', file), 'utf8');
      return [...text.matchAll(/\b(?:socket|ws|client)\.close\([^)]+\)/g)].map(
        ([call]) => `${file}: ${call}`,
      );
    });
  // The protocol library closes with codes of its own, which the table lists.
  expect(closings).toEqual(['graphql/protocol.ts: socket.close(code, reason)']);
});
