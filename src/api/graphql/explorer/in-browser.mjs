/**
 * Runs in the browser, on the page of the local explorer. It shows GraphiQL, and sends its operations with the headers of the
 * headers tab: queries and mutations by fetch, subscriptions by graphql-ws, which takes the headers as `connectionParams`.
 *
 * Every error becomes a plain `{ message }`: GraphiQL prints an `Error` with its stack, and an event as `isTrusted`.
 */
const { graphqlWs, YogaGraphiQL } = window;
const settings = JSON.parse(document.getElementById('settings').textContent);
const notice = document.getElementById('login');

window.MonacoEnvironment = {
  globalAPI: false,
  getWorkerUrl: (_module, label) =>
    `explorer/${label === 'editorWorkerService' ? 'editor' : label}-worker.js`,
};

const service = new URL('../graphql', location.href);
const sockets = service.href.replace(/^http/, 'ws');

/** How long the headers must rest before they are used to load the schema. */
const TYPING_PAUSE_MS = 400;

const loginNeeded = {
  message: 'This service needs a login. Enter { "Authorization": "Bearer <token>" } in the Headers tab.',
};

/** HTTP ignores the case of header names; `connectionParams` are plain JSON, where only this case is always understood. */
const withLowerCaseNames = (headers) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

const holdsLogin = (headers) => /^\S+\s+\S/.test(withLowerCaseNames(headers).authorization ?? '');

function isSubscription({ operationName }, documentAST) {
  const operations = (documentAST?.definitions ?? []).filter(({ kind }) => kind === 'OperationDefinition');
  const chosen = operations.find(({ name }) => name?.value === operationName) ?? operations[0];
  return chosen?.operation === 'subscription';
}

/** GraphiQL's fetcher. It knows the parsed document of what the user runs, and none for its own introspection. */
function send(operation, { headers = {}, documentAST } = {}) {
  // Without a request: a browser would print its refusal as an error at each start.
  if (settings.needsLogin && !holdsLogin(headers)) return { errors: [loginNeeded] };
  return isSubscription(operation, documentAST) ? subscribe(operation, headers) : ask(operation, headers);
}

async function ask(operation, headers) {
  try {
    const response = await fetch(service, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(operation),
    });
    return readResult(response.status, await response.text());
  } catch (error) {
    return { errors: [{ message: `The request could not be sent: ${error.message}` }] };
  }
}

/** A proxy in front of the service may answer with a page, which is shown as it is. */
function readResult(status, text) {
  try {
    return JSON.parse(text);
  } catch {
    return { errors: [{ message: `HTTP ${status}: ${text}` }] };
  }
}

/**
 * Returns an observable of the updates. Each subscription has a socket of its own, because the headers are those of the moment
 * when it was started. It is not repeated when the socket closes: updates would be missed in silence.
 */
function subscribe(operation, headers) {
  const client = graphqlWs.createClient({
    url: sockets,
    connectionParams: withLowerCaseNames(headers),
    retryAttempts: 0,
  });
  return {
    subscribe: (observer) => ({
      unsubscribe: client.subscribe(operation, {
        next: (result) => observer.next(result),
        error: (cause) => observer.error(presented(cause)),
        complete: () => observer.complete(),
      }),
    }),
  };
}

/** What graphql-ws reports: the errors of the operation, the event of a socket that failed or closed, or an Error. */
function presented(cause) {
  if (Array.isArray(cause)) return cause;
  if (cause instanceof Event && cause.type === 'error')
    return { message: 'The subscription could not be sent: no connection' };
  if (typeof cause?.code !== 'number')
    return { message: `The subscription failed: ${cause?.message ?? 'unknown cause'}` };
  const reason = cause.reason || 'the connection was lost';
  return { message: `The subscription ended: ${reason} (close code ${cause.code})` };
}

let hasSchema = false;
let pause;

/** GraphiQL loads the schema by itself only once, when there may have been no login. */
function loadSchemaAgain() {
  clearTimeout(pause);
  if (hasSchema) return;
  pause = setTimeout(
    () => document.querySelector('[aria-label^="Re-fetch GraphQL schema"]')?.click(),
    TYPING_PAUSE_MS,
  );
}

YogaGraphiQL.renderYogaGraphiQL(document.getElementById('root'), {
  title: 'Rollcall',
  fetcher: send,
  defaultQuery: settings.document,
  ...(settings.needsLogin && { headers: settings.headers, defaultEditorToolsVisibility: 'headers' }),
  onEditHeaders: loadSchemaAgain,
  onSchemaChange: () => {
    hasSchema = true;
    if (notice) notice.hidden = true;
  },
});
