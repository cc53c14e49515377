import { type ExecutionArgs, type ExecutionResult, execute, GraphQLError } from 'graphql';

/** What is done with the results of all subscriptions that come the same way. */
export interface Presenter<Operation> {
  /** A result as the caller of its operation may see it. */
  present(result: ExecutionResult, operation: Operation): ExecutionResult;
  /** Called once when a stream has ended. */
  over(): void;
}

type Result = IteratorResult<ExecutionResult, void>;

const DONE = { done: true, value: undefined } as const;

/**
 * The results of a subscription as callers see them: the second half of what `subscribe` of graphql-js does, which maps each event of
 * the source stream to an execution (GraphQL specification, section 6.2.3), without its layers, because there is one for each watcher.
 *
 * Neither `next` nor `return` ever rejects: an error of the stream itself becomes its last result; thrown further, it would close a
 * socket and all beside it. It is no generator, whose `return` would wait for the update that a watcher no longer wants.
 */
export class Results<Operation extends ExecutionArgs> implements AsyncGenerator<ExecutionResult, void, void> {
  private isOpen = true;
  private hasFailed = false;

  constructor(
    private readonly source: AsyncIterator<unknown, void>,
    private readonly operation: Operation,
    private readonly presenter: Presenter<Operation>,
  ) {}

  async next(): Promise<Result> {
    if (this.hasFailed) return DONE;
    try {
      const { done, value: rootValue } = await this.source.next();
      if (done) {
        this.end();
        return DONE;
      }
      return this.told(await execute({ ...this.operation, rootValue }));
    } catch (error) {
      this.hasFailed = true;
      this.end();
      const message = error instanceof Error ? error.message : String(error);
      return this.told({ errors: [new GraphQLError(message, { originalError: error as Error })] });
    }
  }

  async return(): Promise<Result> {
    this.end();
    await this.source.return?.().catch(() => undefined);
    return DONE;
  }

  throw(): Promise<Result> {
    return this.return();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  private told(result: ExecutionResult): Result {
    return { done: false, value: this.presenter.present(result, this.operation) };
  }

  private end(): void {
    if (this.isOpen) this.presenter.over();
    this.isOpen = false;
  }
}
