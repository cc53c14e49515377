import {
  type ASTNode,
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  isNonNullType,
  isValueNode,
  Kind,
  type OperationDefinitionNode,
  TypeInfo,
  type VariableNode,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import type { FieldProblem } from '../../errors';

/** An operation that was executed, with the variables as its client sent them. */
interface ExecutedOperation {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly variables: Readonly<Record<string, unknown>> | null | undefined;
}

/** How graphql-js gives up on variables with more mistakes than it lists. */
const TOO_MANY_PROBLEMS = /^Too many errors processing variables/;
/** How a sentence begins that graphql-js appends to a message about a name that is close to known ones. It ends with `?`. */
const SUGGESTION = 'Did you mean ';

/** Whether graphql-js refused the variables of a request, before it executed anything. */
export function isVariableError({ nodes, message }: GraphQLError): boolean {
  return nodes?.[0]?.kind === Kind.VARIABLE_DEFINITION || TOO_MANY_PROBLEMS.test(message);
}

/**
 * Marks the errors by which graphql-js refused the arguments of a field while executing: as `BAD_USER_INPUT`, with field and rule.
 * Validation allows a nullable variable where null may not be if there is a default for a missing value; so null is
 * found here. In place, because Apollo Server lets nothing else be done to its errors.
 */
export function markArgumentErrors(
  errors: readonly GraphQLError[] | undefined,
  executed: ExecutedOperation,
): void {
  for (const error of errors ?? []) {
    const [value] = error.nodes ?? [];
    if (!value || !isValueNode(value) || !isOfGraphQL(error)) continue;
    const details = nullProblems(value, executed);
    Object.assign(error.extensions, { code: 'BAD_USER_INPUT', ...(details.length > 0 && { details }) });
  }
}

/** Takes suggestions out of messages, which would name what introspection does not show in production. */
export function withoutSuggestions(message: string): string {
  if (!message.endsWith('?')) return message;
  const from = message.indexOf(SUGGESTION, message.lastIndexOf('?', message.length - 2) + 1);
  return from < 0 ? message : message.slice(0, from).trimEnd();
}

/** Whether the error began in graphql-js, and not in a resolver. */
function isOfGraphQL({ originalError }: GraphQLError): boolean {
  return originalError === undefined || originalError instanceof GraphQLError;
}

/** The places within an argument's value where a variable that is null stands for something that may not be. */
function nullProblems(value: ASTNode, { schema, document, variables }: ExecutedOperation): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const types = new TypeInfo(schema);
  let operation: OperationDefinitionNode | undefined;
  const look = (node: VariableNode, ancestors: readonly (ASTNode | readonly ASTNode[])[]) => {
    const isWithin = node === value || ancestors.includes(value);
    if (!isWithin || !isNonNullType(types.getInputType()) || !isNull(node, operation, variables)) return;
    const rule = 'must not be null: leave it out for its default, or send a value';
    problems.push({ field: placeOf(ancestors), rule });
  };
  visit(
    document,
    visitWithTypeInfo(types, {
      enter: (node, _key, parent, _path, ancestors) => {
        if (node.kind === Kind.OPERATION_DEFINITION) operation = node;
        if (node.kind === Kind.VARIABLE) look(node, parent ? [...ancestors, parent] : ancestors);
      },
    }),
  );
  return problems;
}

function isNull(
  { name }: VariableNode,
  operation: OperationDefinitionNode | undefined,
  variables: ExecutedOperation['variables'],
): boolean {
  if (variables && Object.hasOwn(variables, name.value)) return variables[name.value] === null;
  const definition = operation?.variableDefinitions?.find((each) => each.variable.name.value === name.value);
  return definition?.defaultValue?.kind === Kind.NULL;
}

/** `input.lock` for the field `lock` of the argument `input`. */
function placeOf(ancestors: readonly (ASTNode | readonly ASTNode[])[]): string {
  const names = ancestors.flatMap((each) =>
    'kind' in each && (each.kind === Kind.ARGUMENT || each.kind === Kind.OBJECT_FIELD)
      ? [each.name.value]
      : [],
  );
  return names.join('.');
}
