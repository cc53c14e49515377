/** Packages that ship as ES modules only; jest runs CommonJS, so swc turns these too. */
const esmOnly = ['@apollo/client', '@wry', 'optimism', 'jose'];

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/tests'],
  testMatch: ['**/*.test.ts'],
  setupFiles: ['reflect-metadata'],
  setupFilesAfterEnv: ['<rootDir>/tests/helpers/second-chance.cjs'],
  globalSetup: '<rootDir>/tests/helpers/before-the-run.cjs',
  globalTeardown: '<rootDir>/tests/helpers/after-the-run.cjs',
  // The embedded database runs in a worker, which Node starts from JavaScript: tests run it as it was built.
  moduleNameMapper: { '/database/embedded$': '<rootDir>/dist/database/embedded/index.js' },
  transform: {
    '^.+\\.(ts|m?js)$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2022',
          parser: { syntax: 'typescript', decorators: true },
          transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
        },
        module: { type: 'commonjs' },
      },
    ],
  },
  transformIgnorePatterns: [`node_modules/(?!(${esmOnly.join('|')})/)`],
  moduleFileExtensions: ['ts', 'js', 'mjs', 'json', 'node'],
  reporters: ['default', '<rootDir>/tests/helpers/closing-line.cjs'],
  // Many suites start a whole service each and wait for it: one more than small machines have cores, and no more.
  maxWorkers: 3,
  // A service that starts on MongoDB creates its collections and indexes, each a file that is synced.
  testTimeout: process.env.TEST_MONGO_URI ? 60_000 : 30_000,
};
