import {
  createSourceEventStream,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  type GraphQLError,
  type OperationTypeNode,
} from 'graphql';
import type { Meter } from '../../figures';
import type { Caller } from '../../rooms/access/caller';
import type { Traces } from '../../spans';
import type { DescribeError } from '../describe-error';
import { newRequestId } from '../request-id';
import type { MakeContext, RequestContext } from './context';
import { markArgumentErrors } from './input-errors';
import { PresentedError, presentError } from './present-error';
import { type Presenter, Results } from './results';
import { traceOperation } from './traced-operation';
import { type OperationRequest, type OperationRules, validateOperation } from './validate';

export interface OperationsParts extends OperationRules {
  readonly describe: DescribeError;
  /** The context of one operation. */
  readonly context: MakeContext;
  readonly meter: Meter;
  /** Undefined while traces are off. */
  readonly traces?: Traces | undefined;
}

/** What carries an operation; Apollo Server has HTTP for itself. */
export type Transport = 'graphql_ws' | 'sse' | 'multipart';

/** An operation that may be run. */
export interface Operation extends ExecutionArgs {
  readonly type: `${OperationTypeNode}`;
  readonly contextValue: RequestContext;
}

/**
 * The operations of every transport that is not Apollo Server's: read, limited, run and presented alike, so that what one
 * refuses no other lets through.
 */
export class Operations {
  private readonly presenters: Readonly<Record<Transport, Presenter<Operation>>> = {
    graphql_ws: this.presenter('graphql_ws'),
    sse: this.presenter('sse'),
    multipart: this.presenter('multipart'),
  };

  constructor(private readonly parts: OperationsParts) {}

  /** Reads and checks an operation, or says what is wrong with it. Never throws. */
  read(
    { query, operationName, variables }: OperationRequest,
    caller: Caller,
    requestId: string = newRequestId(),
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
  execute(operation: Operation, transport: Transport): Promise<ExecutionResult> {
    return this.traced(operation, transport, () => this.run(operation, transport));
  }

  /** What came in a request is in the span of that; on a socket it has one of its own. */
  private traced<Answer extends ExecutionResult | AsyncIterable<unknown>>(
    operation: Operation,
    transport: Transport,
    run: () => Promise<Answer>,
  ): Promise<Answer> {
    const { traces } = this.parts;
    return traces && transport === 'graphql_ws' ? traceOperation(traces, operation, run) : run();
  }

  private async run(operation: Operation, transport: Transport): Promise<ExecutionResult> {
    const { type } = operation;
    const began = performance.now();
    const result = await execute(operation);
    const seconds = (performance.now() - began) / 1_000;
    this.parts.meter.observe('graphql_request_duration_seconds', seconds, { operation_type: type });
    this.count(type, transport, result.errors);
    return this.present(result, operation);
  }

  /** Starts a subscription. One that cannot start is a single result that says why. */
  async subscribe(operation: Operation, transport: Transport): Promise<Results<Operation> | ExecutionResult> {
    const started = await this.traced(operation, transport, () => this.begin(operation, transport));
    if (!(Symbol.asyncIterator in started)) return started;
    this.changeWatchers(transport, 1);
    return new Results(started[Symbol.asyncIterator](), operation, this.presenters[transport]);
  }

  private async begin(
    operation: Operation,
    transport: Transport,
  ): Promise<AsyncIterable<unknown, void> | ExecutionResult> {
    const started = await createSourceEventStream(operation);
    const isStream = Symbol.asyncIterator in started;
    this.count('subscription', transport, isStream ? undefined : started.errors);
    return isStream ? started : this.present(started, operation);
  }

  /** Counts what a stream of updates tells, and that it is over. */
  private presenter(transport: Transport): Presenter<Operation> {
    return {
      present: (result, operation) => {
        this.parts.meter.count('updates_delivered_total', { door: transport });
        return this.present(result, operation);
      },
      over: () => this.changeWatchers(transport, -1),
    };
  }

  private changeWatchers(transport: Transport, by: 1 | -1): void {
    const { meter } = this.parts;
    meter.change('graphql_active_subscriptions', by, { field: 'participantUpdates' });
    meter.change('room_watchers', by, { door: transport });
  }

  private count(type: Operation['type'], transport: Transport, errors: unknown): void {
    const outcome = errors ? 'error' : 'ok';
    this.parts.meter.count('graphql_requests_total', { operation_type: type, transport, outcome });
  }

  /** Errors as callers see them. */
  presentErrors(errors: readonly GraphQLError[], requestId: string = newRequestId()): PresentedError[] {
    return errors.map((error) => new PresentedError(presentError(error, requestId, this.parts.describe)));
  }

  private present(executed: ExecutionResult, operation: Operation): ExecutionResult {
    const { errors, ...result } = executed;
    if (!errors) return result;
    const { schema, document, variableValues: variables, contextValue } = operation;
    markArgumentErrors(errors, { schema, document, variables });
    return { errors: this.presentErrors(errors, contextValue.requestId), ...result };
  }
}
