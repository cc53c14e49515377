import { show } from '../../bson/show';
import { type Document, typeName, type Value } from '../../bson/types';
import { ServerError } from '../../server-error';
import { Constant, type Expression, type Variables } from './expression';
import { isNothing, isTrue, refuseWrongCount } from './operands';
import type { Reader, ReadOperator } from './reader';

const cond: ReadOperator = (operand, reader) => {
  const [condition, then, otherwise] = readCond(operand).map((source) => reader.read(source)) as [
    Expression,
    Expression,
    Expression,
  ];
  if (condition instanceof Constant) return isTrue(condition.value) ? then : otherwise;
  return {
    evaluate: (root, variables) =>
      (isTrue(condition.evaluate(root, variables)) ? then : otherwise).evaluate(root, variables),
  };
};

function readCond(operand: Value): Value[] {
  if (!(operand instanceof Map)) {
    const sources = Array.isArray(operand) ? operand : [operand];
    refuseWrongCount('$cond', sources.length, 3, 3);
    return sources;
  }
  for (const name of operand.keys()) {
    if (!['if', 'then', 'else'].includes(name)) {
      throw new ServerError(17083, `Unrecognized parameter to $cond: ${name}`);
    }
  }
  return (['if', 'then', 'else'] as const).map((name, i) => {
    if (!operand.has(name)) throw new ServerError(17080 + i, `Missing '${name}' parameter to $cond`);
    return operand.get(name) as Value;
  });
}

const ifNull: ReadOperator = (operand, reader) => {
  const sources = Array.isArray(operand) ? operand : [operand];
  if (sources.length < 2) {
    throw new ServerError(1257300, `$ifNull needs at least two arguments, had: ${sources.length}`);
  }
  const parts = sources.map((source) => reader.read(source));
  const last = parts.at(-1) as Expression;
  return {
    evaluate: (root, variables) => {
      for (const part of parts) {
        const value = part.evaluate(root, variables);
        if (!isNothing(value) || part === last) return value;
      }
      return undefined;
    },
  };
};

interface Branch {
  condition: Expression;
  result: Expression;
}

const switchOperator: ReadOperator = (operand, reader) => {
  if (!(operand instanceof Map)) {
    throw new ServerError(40060, `$switch requires an object as an argument, found: ${typeName(operand)}`);
  }
  let branches: Branch[] = [];
  let otherwise: Expression | undefined;
  for (const [name, value] of operand) {
    if (name === 'branches') branches = readBranches(value, reader);
    else if (name === 'default') otherwise = reader.read(value);
    else throw new ServerError(40067, `$switch found an unknown argument: ${name}`);
  }
  if (branches.length === 0) throw new ServerError(40068, '$switch requires at least one branch.');
  return {
    evaluate: (root: Document, variables?: Variables) => {
      for (const { condition, result } of branches) {
        if (isTrue(condition.evaluate(root, variables))) return result.evaluate(root, variables);
      }
      if (otherwise) return otherwise.evaluate(root, variables);
      throw new ServerError(
        40066,
        '$switch could not find a matching branch for an input, and no default was specified.',
      );
    },
  };
};

function readBranches(value: Value, reader: Reader): Branch[] {
  if (!Array.isArray(value)) {
    throw new ServerError(40061, `$switch expected an array for 'branches', found: ${typeName(value)}`);
  }
  return value.map((branch) => {
    if (!(branch instanceof Map)) {
      throw new ServerError(
        40062,
        `$switch expected each branch to be an object, found: ${typeName(branch)}`,
      );
    }
    for (const name of branch.keys()) {
      if (name !== 'case' && name !== 'then') {
        throw new ServerError(40063, `$switch found an unknown argument to a branch: ${name}`);
      }
    }
    if (!branch.has('case')) {
      throw new ServerError(
        40064,
        `$switch requires each branch have a 'case' expression, found: ${show(branch)}`,
      );
    }
    if (!branch.has('then'))
      throw new ServerError(40065, "$switch requires each branch have a 'then' expression.");
    return {
      condition: reader.read(branch.get('case') as Value),
      result: reader.read(branch.get('then') as Value),
    };
  });
}

export const conditionals: readonly [string, ReadOperator][] = [
  ['$cond', cond],
  ['$ifNull', ifNull],
  ['$switch', switchOperator],
];
