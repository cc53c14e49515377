import type { CompareStrings } from '../../bson/compare';
import { show } from '../../bson/show';
import type { Document, Value } from '../../bson/types';
import { failedToParse, leftOut, ServerError } from '../../server-error';
import { Constant, type Expression, type Variables } from './expression';
import { RootPath, readFieldPath, refuseBadFieldName, VariablePath, WholeRoot, within } from './field-path';

/** What expressions need to know of the command that they are part of. */
export interface ExpressionSetting {
  /** `$$NOW`: one time for a whole command. */
  readonly now: Date;
  readonly strings?: CompareStrings | undefined;
  /** Variables with values: a command's `let`, a `$lookup`'s `let`, `$$new` of `$merge`. */
  readonly given?: ReadonlyMap<string, Value | undefined>;
  /** Variables that are only checked for now: their values come when the source is read again. */
  readonly promised?: ReadonlySet<string>;
  /** Constants that cannot be computed fail at the first document, as in an update, and not while they are read. */
  readonly defersFailures?: boolean;
}

/** Reads the operand of one operator. */
export type ReadOperator = (operand: Value, reader: Reader) => Expression;

/** Own property look-up only: `$constructor` is no operator. */
export type OperatorTable = ReadonlyMap<string, ReadOperator>;

const nothing: Document = new Map();

const leftOutVariables = new Set(['CLUSTER_TIME', 'USER_ROLES', 'SEARCH_META', 'JS_SCOPE', 'IS_MR']);

/** Makes expressions of values. Each binding of variables has a reader of its own. */
export class Reader {
  constructor(
    readonly setting: ExpressionSetting,
    private readonly operators: OperatorTable,
    private readonly bound: ReadonlySet<string> = new Set(),
  ) {}

  /** A reader for expressions in which further variables are bound. */
  binding(...names: readonly string[]): Reader {
    return new Reader(this.setting, this.operators, new Set([...this.bound, ...names]));
  }

  read(source: Value): Expression {
    if (typeof source === 'string' && source.startsWith('$')) return this.path(source);
    if (source instanceof Map) return this.object(source);
    if (Array.isArray(source)) return this.array(source);
    return new Constant(source);
  }

  private object(source: Document): Expression {
    const first = source.keys().next().value;
    if (first?.startsWith('$')) return this.operator(source, first);
    const fields: [string, Expression][] = [];
    for (const [name, value] of source) {
      refuseBadFieldName(name);
      fields.push([name, this.read(value)]);
    }
    const evaluate = (root: Document, variables?: Variables): Document => {
      const result: Document = new Map();
      for (const [name, expression] of fields) {
        const value = expression.evaluate(root, variables);
        if (value !== undefined) result.set(name, value);
      }
      return result;
    };
    return this.folded(
      fields.map(([, expression]) => expression),
      { evaluate },
    );
  }

  private operator(source: Document, name: string): Expression {
    if (source.size !== 1) {
      throw new ServerError(
        15983,
        `An object representing an expression must have exactly one field: ${show(source)}`,
      );
    }
    const read = this.operators.get(name);
    if (!read) throw new ServerError(168, `Unrecognized expression '${name}'`);
    return read(source.get(name) as Value, this);
  }

  private array(source: Value[]): Expression {
    const items = source.map((item) => this.read(item));
    const evaluate = (root: Document, variables?: Variables): Value[] =>
      items.map((item) => item.evaluate(root, variables) ?? null);
    return this.folded(items, { evaluate });
  }

  /** Computes what is known before any document once, when `parts` are all constant. @throws ServerError */
  folded(parts: readonly Expression[], whole: Expression): Expression {
    if (!parts.every((part) => part instanceof Constant)) return whole;
    try {
      return new Constant(whole.evaluate(nothing));
    } catch (error) {
      if (this.setting.defersFailures && error instanceof ServerError) return whole;
      throw error;
    }
  }

  private path(source: string): Expression {
    if (source === '$') throw new ServerError(16872, "'$' by itself is not a valid FieldPath");
    if (!source.startsWith('$$')) {
      const parts = readFieldPath(source.slice(1));
      return this.bound.has('CURRENT') ? new VariablePath('CURRENT', parts) : new RootPath(parts);
    }
    const [name = '', ...rest] = source.slice(2).split('.');
    const parts = source.includes('.') ? readFieldPath(rest.join('.')) : [];
    return this.variable(name, parts);
  }

  private variable(name: string, parts: readonly string[]): Expression {
    refuseBadVariable(name);
    if (this.bound.has(name)) return new VariablePath(name, parts);
    const { given, promised, now } = this.setting;
    if (given?.has(name)) return new Constant(within(given.get(name), parts));
    if (promised?.has(name)) return new VariablePath(name, parts);
    if (name === 'ROOT' || name === 'CURRENT') {
      return parts.length === 0 ? new WholeRoot() : new RootPath(parts);
    }
    if (name === 'REMOVE') return new Constant(undefined);
    if (name === 'NOW') return new Constant(within(now, parts));
    if (leftOutVariables.has(name)) throw leftOut(`the variable $$${name}`, 51144);
    throw new ServerError(17276, `Use of undefined variable: ${name}`);
  }
}

const systemName = /^[A-Z]/;

function refuseBadVariable(name: string): void {
  if (name === '') throw failedToParse('empty variable names are not allowed');
  if (systemName.test(name)) return;
  refuseBadCharacters(name, /^[a-z\u0080-\u{10ffff}]/u, 'variable name');
}

/** The names that `$let` and its like may give. @throws ServerError 9 */
export function refuseBadUserVariable(name: string): void {
  if (name === '') throw failedToParse('empty variable names are not allowed');
  // The one system variable that may be given another meaning.
  if (name === 'CURRENT') return;
  refuseBadCharacters(name, /^[a-z\u0080-\u{10ffff}]/u, 'user variable name');
}

function refuseBadCharacters(name: string, first: RegExp, what: string): void {
  if (!first.test(name)) throw failedToParse(`'${name}' starts with an invalid character for a ${what}`);
  const bad = /[^A-Za-z0-9_\u0080-\u{10ffff}]/u.exec(name)?.[0];
  if (bad !== undefined) {
    throw failedToParse(`'${name}' contains an invalid character for a variable name: '${bad}'`);
  }
}
