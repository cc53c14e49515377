import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  NoSchemaIntrospectionCustomRule,
  parse,
  specifiedRules,
  type ValidationRule,
  validate,
} from 'graphql';

/** Tokens of one document. Far above what people write, far below what keeps a parser busy. */
export const MOST_TOKENS = 1_000;
/** Validation stops here: a list of hundreds of mistakes helps nobody but whoever makes them on purpose. */
export const MOST_VALIDATION_ERRORS = 5;

/** Rules beyond GraphQL's own, the same over HTTP and over a socket. */
export function ownRules(production: boolean): readonly ValidationRule[] {
  return production ? [NoSchemaIntrospectionCustomRule] : [];
}

/** Valid documents that are kept, read: a thousand watchers send the same one. Long ones are read again each time. */
const KEPT = { documents: 200, characters: 2_048 } as const;

/** The valid documents read last, for one schema. */
const kept = new WeakMap<GraphQLSchema, Map<string, DocumentNode>>();

/** A document that may be executed, or what is wrong with it. Never throws. */
export function readDocument(
  schema: GraphQLSchema,
  query: string,
  production: boolean,
): { document: DocumentNode } | { errors: readonly GraphQLError[] } {
  const documents = kept.get(schema) ?? new Map<string, DocumentNode>();
  kept.set(schema, documents);
  const known = documents.get(query);
  if (known) return { document: known };
  const read = parseAndValidate(schema, query, production);
  if ('document' in read && query.length <= KEPT.characters) {
    const oldest = documents.size >= KEPT.documents ? documents.keys().next().value : undefined;
    if (oldest !== undefined) documents.delete(oldest);
    documents.set(query, read.document);
  }
  return read;
}

function parseAndValidate(
  schema: GraphQLSchema,
  query: string,
  production: boolean,
): { document: DocumentNode } | { errors: readonly GraphQLError[] } {
  let document: DocumentNode;
  try {
    document = parse(query, { maxTokens: MOST_TOKENS });
  } catch (error) {
    const said = error instanceof GraphQLError ? error : new GraphQLError('The document nests too deeply.');
    return { errors: [coded(said, 'GRAPHQL_PARSE_FAILED')] };
  }
  const errors = validate(schema, document, [...specifiedRules, ...ownRules(production)], {
    maxErrors: MOST_VALIDATION_ERRORS,
    hideSuggestions: production,
  });
  if (errors.length === 0) return { document };
  return { errors: errors.map((error) => coded(error, 'GRAPHQL_VALIDATION_FAILED')) };
}

function coded(error: GraphQLError, code: string): GraphQLError {
  const { nodes, source, positions, path, originalError } = error;
  return new GraphQLError(error.message, {
    nodes,
    source,
    positions,
    path,
    originalError,
    extensions: { code },
  });
}
