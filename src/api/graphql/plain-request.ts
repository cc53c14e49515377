import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import type { OperationRequest } from './validate';

/** What of a request makes it another one than most: for these the long way has an answer of its own. */
const unusual = [
  'origin',
  'sec-fetch-site',
  'content-encoding',
  'access-control-request-method',
  'transfer-encoding',
] as const;

const json = /^application\/json(; ?charset=utf-8)?$/i;

/** The media type of the answer by `Accept`, as clients send it: none at all, fetch, REST tools, Apollo Client, urql. */
const answerTypes: ReadonlyMap<string | undefined, string> = new Map([
  [undefined, 'application/json'],
  ['*/*', 'application/json'],
  ['application/json', 'application/json'],
  ['application/graphql-response+json', 'application/graphql-response+json'],
  ['application/graphql-response+json,application/json;q=0.9', 'application/graphql-response+json'],
  [
    'application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed',
    'application/graphql-response+json',
  ],
]);

/**
 * The media type in which to answer a `POST` of GraphQL about which nothing is out of the ordinary, judged by its head alone;
 * undefined for every other request.
 */
export function plainAnswerType(
  { method, url, headers }: IncomingMessage,
  bodyBytes: number,
): string | undefined {
  if (url !== '/graphql' || method !== 'POST' || !json.test(headers['content-type'] ?? '')) return undefined;
  const length = Number(headers['content-length']);
  if (!(length > 0 && length <= bodyBytes) || unusual.some((name) => headers[name] !== undefined))
    return undefined;
  return answerTypes.get(headers.accept);
}

/**
 * Reads the whole body and shows it to `take`, at once when the last of it is here. What `take` returns false for is put back,
 * untouched, and `refused` is called.
 */
export function readPlainBody(
  request: IncomingMessage,
  take: (body: string) => boolean,
  refused: () => void,
): void {
  const pieces: Buffer[] = [];
  let missing = Number(request.headers['content-length']);
  const read = () => {
    for (let piece: Buffer | null = request.read(); piece; piece = request.read()) {
      pieces.push(piece);
      missing -= piece.length;
    }
    if (missing > 0) return;
    request.off('readable', read);
    const body = pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces);
    // What is not UTF-8 is refused by the long way.
    if (isUtf8(body) && take(body.toString())) return void request.resume();
    request.unshift(body);
    refused();
  };
  request.on('readable', read);
}

/** What a body asks for, where it is one operation and nothing is odd about it. */
export function plainOperation(body: string): OperationRequest | undefined {
  const asked = parsed(body);
  if (!isRecord(asked)) return undefined;
  const { query, variables, operationName, extensions, ...others } = asked;
  const isPlain =
    typeof query === 'string' &&
    query !== '' &&
    (variables === undefined || variables === null || isRecord(variables)) &&
    (operationName === undefined || operationName === null || isName(operationName)) &&
    (extensions === undefined ||
      extensions === null ||
      (isRecord(extensions) && !extensions['persistedQuery'])) &&
    Object.keys(others).length === 0;
  return isPlain ? { query, variables, operationName } : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}
