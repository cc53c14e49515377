import { type ExecutionArgs, type ExecutionResult, getOperationAST, Kind } from 'graphql';
import type { Traces } from '../../spans';

interface Traced extends ExecutionArgs {
  readonly type: string;
  readonly contextValue: { readonly requestId: string };
}

/**
 * A span around an operation that no request carries: its type, the first field that it asks for, by the name that the schema gives
 * it, and the code of its first error. Of a subscription it is the beginning, or the refusal. Nothing that a caller wrote is told, its own name for the operation included.
 */
export function traceOperation<Answer extends ExecutionResult | AsyncIterable<unknown>>(
  traces: Traces,
  operation: Traced,
  run: () => Promise<Answer>,
): Promise<Answer> {
  const { type, contextValue } = operation;
  const facts = {
    'graphql.operation.type': type,
    'rollcall.field': fieldOf(operation),
    'rollcall.request_id': contextValue.requestId,
  };
  return traces.within({ name: `graphql ${type}`, kind: 'server', cause: undefined, facts }, async (tell) => {
    const result = await run();
    const [error] = ('errors' in result && result.errors) || [];
    if (error) tell({ 'error.type': String(error.toJSON().extensions?.['code']) });
    return result;
  });
}

/** Undefined where it stands in a fragment. */
function fieldOf({ document, operationName }: Traced): string | undefined {
  const [first] = getOperationAST(document, operationName)?.selectionSet.selections ?? [];
  return first?.kind === Kind.FIELD ? first.name.value : undefined;
}
