/** Jest's global teardown: ends what `before-the-run.cjs` started. */
module.exports = async function afterTheRun() {
  await globalThis.engineOfTheRun?.[Symbol.asyncDispose]();
};
