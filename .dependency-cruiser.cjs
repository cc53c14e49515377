/**
 * Who may import whom: api → rooms → (video, events, database), everybody → config, errors, figures, gate and spans, and only app.ts sees all.
 * Held by `npm run check`; tests/layers.test.ts plants a violation of each rule and sees it caught.
 */

const leaves = ['video', 'events', 'database'];

/** @type {import('dependency-cruiser').IForbiddenRuleType[]} */
const forbidden = [
  {
    name: 'no-cycles',
    comment: 'A file that needs itself cannot be read alone. Type imports count.',
    severity: 'error',
    from: {},
    to: { circular: true },
  },
  {
    name: 'rooms-know-no-door',
    comment: 'What happens in a room is the same for every door.',
    severity: 'error',
    from: { path: '^src/rooms/' },
    to: { path: '^src/(api|observability|app|main)' },
  },
  ...leaves.map((leaf) => ({
    name: `${leaf}-is-a-leaf`,
    comment: 'A leaf imports neither rooms, nor a door, nor another leaf.',
    severity: 'error',
    from: { path: `^src/${leaf}/` },
    to: {
      path: '^src/',
      pathNot: `^src/(${leaf}/|errors[.]ts$|(figures|gate|spans)[.]ts$|config([.]ts$|/))`,
    },
  })),
  {
    name: 'embedded-stands-alone',
    comment: 'The embedded database is a MongoDB server: it knows nothing of the service that uses it.',
    severity: 'error',
    from: { path: '^src/database/embedded/' },
    to: { path: '^src/', pathNot: '^src/database/embedded/' },
  },
  {
    name: 'doors-speak-to-rooms',
    comment:
      'A door parses, calls a service of rooms, and shapes the answer. It reaches behind none, except to read what 100ms ' +
      'sends it and to tell a database that is away from a mistake.',
    severity: 'error',
    from: { path: '^src/api/' },
    to: {
      path: '^src/(video|events|database|app|main)',
      pathNot: '^src/(video/hms[.]webhook|database/connect)[.]ts$',
    },
  },
  {
    name: 'observability-is-a-leaf',
    comment: 'What everybody may log to can depend on nobody.',
    severity: 'error',
    from: { path: '^src/observability/' },
    to: {
      path: '^src/',
      pathNot: '^src/(observability/|errors[.]ts$|(figures|gate|spans)[.]ts$|config([.]ts$|/))',
    },
  },
  {
    name: 'config-and-errors-are-ground',
    comment: 'Everybody stands on them, so they stand on nothing.',
    severity: 'error',
    from: { path: '^src/(config[.]ts$|config/|errors[.]ts$|(figures|gate|spans)[.]ts$)' },
    to: { path: '^src/', pathNot: '^src/(config[.]ts$|config/|errors[.]ts$|(figures|gate|spans)[.]ts$)' },
  },
  {
    name: 'config-is-entered-by-its-front-door',
    comment: 'Only config.ts knows the single variables.',
    severity: 'error',
    from: { path: '^src/', pathNot: '^src/config' },
    to: { path: '^src/config/' },
  },
  {
    name: 'only-main-starts-the-app',
    comment: 'app.ts sees everything, so nothing but the process may see it.',
    severity: 'error',
    from: { path: '^src/', pathNot: '^src/main[.]ts$' },
    to: { path: '^src/app[.]ts$' },
  },
  {
    name: 'imports-only-declared-packages',
    comment: 'src/ must run after npm prune --omit=dev.',
    severity: 'error',
    from: { path: '^src/' },
    to: {
      dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'unknown'],
      dependencyTypesNot: ['type-only'],
    },
  },
];

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden,
  options: {
    // TypeScript 7 has no compiler API for dependency-cruiser to call, so swc reads the sources.
    parser: 'swc',
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['require', 'node', 'default'],
    },
  },
};
