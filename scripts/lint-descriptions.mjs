/** `npm run check:descriptions`: holds openapi.json and asyncapi.json to their specifications and to the habits of a linter. */
import { createConfig, formatProblems, getTotals, lint } from '@redocly/openapi-core';

const config = await createConfig({
  extends: ['recommended'],
  rules: {
    // It is described by the server that it describes, wherever that is.
    'no-server-example.com': 'off',
  },
});

let isClean = true;
for (const ref of ['openapi.json', 'asyncapi.json']) {
  const problems = await lint({ ref, config });
  if (problems.length > 0) formatProblems(problems, { format: 'codeframe', totals: getTotals(problems) });
  isClean &&= problems.length === 0;
}
process.exit(isClean ? 0 : 1);
