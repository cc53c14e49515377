const { startEngine } = require('../real-mongodb/engine');

/**
 * Jest's global setup. Tests that start real processes or workers run dist/, so it must be what src/ says; and with
 * `TEST_MONGO_URI=engine` all test files share one real MongoDB.
 */
module.exports = async function beforeTheRun() {
  const { build, isCurrent } = await import('../../scripts/build.mjs');
  if (!isCurrent()) await build();
  if (process.env.TEST_MONGO_URI !== 'engine') return;
  globalThis.engineOfTheRun = await startEngine();
  process.env.TEST_MONGO_URI = globalThis.engineOfTheRun.uri;
};
