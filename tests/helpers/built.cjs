/** Jest's global setup: tests that start real processes or workers run dist/, so it must be what src/ says. */
module.exports = async function builtFromTheseSources() {
  const { build, isCurrent } = await import('../../scripts/build.mjs');
  if (!isCurrent()) await build();
};
