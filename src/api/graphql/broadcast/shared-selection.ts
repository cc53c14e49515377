import {
  type DocumentNode,
  defaultFieldResolver,
  type FieldNode,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import type { Caller } from '../../../rooms/access/caller';
import type { Operation } from '../operation';

/** A field with a resolver of its own declares with this extension that its result is the same for all callers. */
const SAME_FOR_EVERYBODY = 'sameForEverybody';

/**
 * The border between what one watcher may see and what another may. Two subscriptions share an execution when they agree in
 * document, operation, variables and authorization class, and when no field that they select could tell two callers apart:
 * a field that runs code of its own is taken to be such a field unless it is marked otherwise. Only the cursor may differ,
 * which says where a stream begins and nothing about what is in it.
 */
export class SharedSelections {
  private readonly known = new WeakMap<DocumentNode, Map<string, DocumentFacts>>();

  /** @param field the subscription whose updates are shared */
  constructor(private readonly field: string) {}

  /** Whether what an operation selects can be shared at all. */
  areShared(operation: Operation): boolean {
    return this.factsOf(operation).isShared;
  }

  /**
   * What watchers must have in common to share one execution of what can be shared. Encoded as JSON, so that no value can pretend to
   * be the next one.
   */
  keyOf(operation: Operation): string {
    const { document, operationName, variableValues, contextValue } = operation;
    const { sharedVariables } = this.factsOf(operation);
    const variables = Object.fromEntries(sharedVariables.map((name) => [name, variableValues?.[name]]));
    return JSON.stringify([
      document.loc?.source.body,
      operationName,
      authorizationClass[contextValue.caller.kind],
      variables,
    ]);
  }

  private factsOf({ schema, document, operationName: named }: Operation): DocumentFacts {
    const operationName = named ?? '';
    const ofDocument = this.known.get(document) ?? new Map<string, DocumentFacts>();
    this.known.set(document, ofDocument);
    const facts = ofDocument.get(operationName) ?? readFacts(schema, document, operationName, this.field);
    ofDocument.set(operationName, facts);
    return facts;
  }
}

/**
 * Callers of one class who may watch a room may see the same of it; whether they may is asked when they subscribe, of each. A
 * new kind of caller does not compile until it has a class.
 */
const authorizationClass = {
  service: 'service',
  user: 'user',
  anonymous: 'anonymous',
} as const satisfies Record<Caller['kind'], string>;

interface DocumentFacts {
  readonly isShared: boolean;
  /**
   * The declared variables, but for the one that is the subscription's `after` and is used for nothing else. What else a client
   * sends as variables means nothing, and may be of any shape.
   */
  readonly sharedVariables: readonly string[];
}

function readFacts(
  schema: GraphQLSchema,
  document: DocumentNode,
  operationName: string,
  sharedField: string,
): DocumentFacts {
  const operation = getOperationAST(document, operationName || null);
  const root = operation?.selectionSet.selections[0];
  // Without a source there is no text that could stand for the document in a key.
  if (!document.loc || operation?.operation !== 'subscription' || root?.kind !== 'Field') return ownExecution;
  if (root.name.value !== sharedField) return ownExecution;

  let isShared = true;
  const timesUsed = new Map<string, number>();
  const types = new TypeInfo(schema);
  // The whole document, and not the operation alone: fragments count, wherever they are used.
  visit(
    document,
    visitWithTypeInfo(types, {
      enter: (node) => {
        if (node.kind === Kind.VARIABLE_DEFINITION) return false;
        if (node.kind === Kind.VARIABLE) {
          timesUsed.set(node.name.value, (timesUsed.get(node.name.value) ?? 0) + 1);
        }
        if (node.kind === Kind.FIELD && !isShareable(types, schema)) isShared = false;
        return undefined;
      },
    }),
  );
  const after = cursorVariableOf(root);
  const cursor = after !== undefined && timesUsed.get(after) === 1 ? after : undefined;
  const declared = operation.variableDefinitions?.map(({ variable }) => variable.name.value) ?? [];
  return { isShared, sharedVariables: declared.filter((name) => name !== cursor) };
}

const ownExecution: DocumentFacts = { isShared: false, sharedVariables: [] };

/** Whether the visited field has the same result for all callers. */
function isShareable(types: TypeInfo, schema: GraphQLSchema): boolean {
  const field = types.getFieldDef();
  if (!field) return false;
  const isRoot = types.getParentType() === schema.getSubscriptionType();
  const isPlain = field.resolve === undefined || field.resolve === defaultFieldResolver;
  return isRoot || isPlain || field.name.startsWith('__') || field.extensions[SAME_FOR_EVERYBODY] === true;
}

function cursorVariableOf(root: FieldNode): string | undefined {
  const after = root.arguments?.find(({ name }) => name.value === 'after');
  return after?.value.kind === 'Variable' ? after.value.name.value : undefined;
}
