/**
 * For jest, in CI: a test that fails is tried once more, and its first failure stays in the log. Two cores carry real
 * processes, databases and networks there, and a change should not wait for one of them; a test that fails twice fails.
 */
if (process.env.CI) jest.retryTimes(1, { logErrorsBeforeRetry: true });
