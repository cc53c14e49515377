import { randomUUID } from 'node:crypto';
import {
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  GraphQLError,
  type OperationTypeNode,
  subscribe,
} from 'graphql';
import type { Caller } from '../../rooms/caller';
import type { DescribeError } from '../describe-error';
import type { MakeContext, RequestContext } from './context';
import { PresentedError, presentError } from './present-error';
import { type OperationRequest, type OperationRules, validateOperation } from './validate';

export interface OperationsParts extends OperationRules {
  readonly describe: DescribeError;
  /** The context of one operation. */
  readonly context: MakeContext;
}

/** An operation that may be run. */
export interface Operation extends ExecutionArgs {
  readonly type: `${OperationTypeNode}`;
  readonly contextValue: RequestContext;
}

/** Results as callers see them. Neither `next` nor `return` ever rejects, and `return` ends a `next` that waits. */
export type Results = AsyncGenerator<ExecutionResult, void, void>;

/**
 * The operations of every transport that is not Apollo Server's: read, limited, run and presented alike, so that what one
 * refuses no other lets through.
 */
export class Operations {
  constructor(private readonly parts: OperationsParts) {}

  /** Reads and checks an operation, or says what is wrong with it. Never throws. */
  read(
    { query, operationName, variables }: OperationRequest,
    caller: Caller,
    requestId: string = randomUUID(),
  ): Operation | readonly GraphQLError[] {
    const { schema, production, context } = this.parts;
    const read = validateOperation({ query, operationName, variables }, this.parts);
    if ('errors' in read) return read.errors;
    const { operation } = read;
    return {
      type: operation.operation,
      schema,
      document: read.document,
      operationName: operationName ?? null,
      variableValues: variables ?? null,
      hideSuggestions: production,
      contextValue: context(caller, requestId),
    };
  }

  /** Runs a query or a mutation. */
  async execute(operation: Operation): Promise<ExecutionResult> {
    return this.present(await execute(operation), operation.contextValue.requestId);
  }

  /** Starts a subscription. One that cannot start is a single result that says why. */
  async subscribe(operation: Operation): Promise<Results | ExecutionResult> {
    const { requestId } = operation.contextValue;
    const started = await subscribe(operation);
    if (!(Symbol.asyncIterator in started)) return this.present(started, requestId);
    return endingWithItsError(started, (result) => this.present(result, requestId));
  }

  /** Errors as callers see them. */
  presentErrors(errors: readonly GraphQLError[], requestId: string = randomUUID()): PresentedError[] {
    return errors.map((error) => new PresentedError(presentError(error, requestId, this.parts.describe)));
  }

  private present({ errors, ...result }: ExecutionResult, requestId: string): ExecutionResult {
    return errors ? { errors: this.presentErrors(errors, requestId), ...result } : result;
  }
}

/**
 * An error of the stream itself becomes its last result: thrown further, it would close a socket and all beside it.
 * Not a generator, whose `return` would wait for the update that a watcher no longer wants.
 */
function endingWithItsError(
  stream: AsyncGenerator<ExecutionResult, void, void>,
  present: (result: ExecutionResult) => ExecutionResult,
): Results {
  const done = { done: true, value: undefined } as const;
  let failed = false;
  return {
    next: async () => {
      if (failed) return done;
      try {
        const { done: ended, value } = await stream.next();
        return ended ? done : { done: false, value: present(value) };
      } catch (error) {
        failed = true;
        const message = error instanceof Error ? error.message : String(error);
        const last = new GraphQLError(message, { originalError: error as Error });
        return { done: false, value: present({ errors: [last] }) };
      }
    },
    return: async () => {
      await stream.return().catch(() => undefined);
      return done;
    },
    throw: async () => {
      await stream.return().catch(() => undefined);
      return done;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
    [Symbol.asyncDispose]: async () => {
      await stream.return().catch(() => undefined);
    },
  } as Results;
}
