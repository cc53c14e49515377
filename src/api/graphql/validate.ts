import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  NoSchemaIntrospectionCustomRule,
  type OperationDefinitionNode,
  parse,
  specifiedRules,
  type ValidationRule,
  validate,
} from 'graphql';
import { type ComplexityLimits, tooComplex } from './complexity';
import { tooNested } from './nesting';

interface OperationLimits extends ComplexityLimits {
  /** Tokens of one document. */
  readonly tokens: number;
}

/** By what operations are judged, the same on every transport. */
export interface OperationRules {
  readonly schema: GraphQLSchema;
  readonly production: boolean;
  readonly limits: OperationLimits;
}

/** What a client asks for, as every transport of GraphQL carries it. */
export interface OperationRequest {
  readonly query: string;
  readonly operationName?: string | null | undefined;
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
}

/** Validation stops here: a list of hundreds of errors helps only an attacker. */
export const MOST_VALIDATION_ERRORS = 5;

/** Rules beyond GraphQL's own, the same over HTTP and over a socket. */
export function ownRules(production: boolean): readonly ValidationRule[] {
  return production ? [NoSchemaIntrospectionCustomRule] : [];
}

/**
 * An operation that may be executed, or what is wrong with it. Never throws. Apollo Server takes the same steps by itself, in
 * `apollo.ts`, with the same rules and the same limits.
 */
export function validateOperation(
  { query, operationName, variables }: OperationRequest,
  { schema, production, limits }: OperationRules,
): { document: DocumentNode; operation: OperationDefinitionNode } | { errors: readonly GraphQLError[] } {
  const read = readDocument(schema, query, { production, tokens: limits.tokens });
  if ('errors' in read) return read;
  const { document } = read;
  const operation = getOperationAST(document, operationName);
  if (!operation) {
    const message = 'There is no such operation in the document; name one with operationName.';
    return { errors: [new GraphQLError(message)] };
  }
  const refusal = tooComplex({ schema, document, operation, variables: variables ?? {} }, limits);
  return refusal ? { errors: [refusal] } : { document, operation };
}

/** Valid documents that are kept, read: a thousand watchers send the same one. Long ones are read again each time. */
const KEPT = { documents: 200, characters: 2_048 } as const;

/** The valid documents read last, for one schema. */
const kept = new WeakMap<GraphQLSchema, Map<string, DocumentNode>>();

type DocumentRead = { document: DocumentNode } | { errors: readonly GraphQLError[] };

interface ReadRules {
  readonly production: boolean;
  readonly tokens: number;
}

function readDocument(schema: GraphQLSchema, query: string, rules: ReadRules): DocumentRead {
  const documents = kept.get(schema) ?? new Map<string, DocumentNode>();
  kept.set(schema, documents);
  const known = documents.get(query);
  if (known) return { document: known };
  const read = parseAndValidate(schema, query, rules);
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
  { production, tokens }: ReadRules,
): DocumentRead {
  const refusal = tooNested(query);
  if (refusal) return { errors: [new GraphQLError(refusal.message, { originalError: refusal })] };
  let document: DocumentNode;
  try {
    document = parse(query, { maxTokens: tokens });
  } catch (error) {
    return { errors: [coded(error as GraphQLError, 'GRAPHQL_PARSE_FAILED')] };
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
