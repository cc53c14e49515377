import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '..');

interface Locked {
  version: string;
  resolved?: string;
}

const read = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8'));
const manifest = read('package.json');
const locked: Record<string, Locked> = read('package-lock.json').packages;

/** Every copy of a package that the lock file puts somewhere in the tree. */
const copiesOf = (name: string) =>
  Object.entries(locked).filter(([path]) => path.endsWith(`node_modules/${name}`));

function isAtLeast(version: string, least: string): boolean {
  const [have, want] = [version, least].map((text) => text.split('-')[0]?.split('.').map(Number) ?? []);
  for (let part = 0; part < 3; part += 1) {
    const difference = (have?.[part] ?? 0) - (want?.[part] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

describe.each([
  [
    '@apollo/server',
    '5.5.0',
    'GHSA-9q82-xgwf-vj6h, cross-site search; CVE-2026-23897, character sets without end',
  ],
  [
    'ws',
    '8.21.1',
    'CVE-2026-62389, fragments without bound; CVE-2026-48779; memory told by close(), CVE-2024-37890',
  ],
  ['graphql', '16.8.1', 'CVE-2023-26144'],
  [
    'mongoose',
    '9.9.2',
    'CVE-2026-125120 (GHSA-pcrw-h46h-c93h), sanitizeFilter skipped by countDocuments; CVE-2026-42334, CVE-2025-23061, CVE-2024-53900',
  ],
  ['mongodb', '7.8.0', 'CVE-2026-119179, timeoutMS; the host check of SRV records'],
  ['body-parser', '2.3.0', 'CVE-2026-12590, a limit that cannot be read is no limit; CVE-2025-13466'],
  ['qs', '6.14.2', 'CVE-2025-15284, CVE-2026-2391'],
  ['graphql-ws', '6.0.8', 'a complete after an error'],
])('%s', (name, least, why) => {
  it(`is locked at ${least} or later in every copy (${why})`, () => {
    const copies = copiesOf(name);
    expect(copies.length).toBeGreaterThan(0);
    for (const [path, { version }] of copies)
      expect([path, version, isAtLeast(version, least)]).toEqual([path, version, true]);
  });

  it('is installed as locked', () => {
    for (const [path, { version }] of copiesOf(name))
      expect([path, read(`${path}/package.json`).version]).toEqual([path, version]);
  });
});

it('has one graphql, of version 16: two copies do not know each other’s types, and 17 needs a later Node', () => {
  expect(copiesOf('graphql').map(([path, { version }]) => [path, version.split('.')[0]])).toEqual([
    ['node_modules/graphql', '16'],
  ]);
});

it('has type-graphql 2: what the registry calls latest is 1.x, for another graphql', () => {
  expect(copiesOf('type-graphql').map(([, { version }]) => version)).toEqual([expect.stringMatching(/^2\./)]);
});

it('has one mongoose, ours, instead of the older one that Typegoose pins', () => {
  expect(copiesOf('mongoose')).toHaveLength(1);
  expect(copiesOf('mongoose')[0]?.[1].version).toBe(manifest.dependencies.mongoose);
  expect(manifest.overrides.mongoose).toBe('$mongoose');
});

it('names every version exactly, so that an install tomorrow is the install of today', () => {
  const asked: Record<string, string> = { ...manifest.dependencies, ...manifest.devDependencies };
  for (const [name, version] of Object.entries(asked))
    expect(`${name} ${version}`).toMatch(/ \d+\.\d+\.\d+(-[\w.]+)?$/);
});

it('locks no address of a registry: where packages come from is each machine’s own setting', () => {
  expect(Object.values(locked).filter(({ resolved }) => resolved !== undefined)).toEqual([]);
});
