import { type Document, typeName, type Value } from '../../bson/types';
import { ServerError } from '../../server-error';
import { refuseManyElements } from '../memory';
import { int } from './arrays';
import { type Expression, Variables } from './expression';
import { isNothing, isTrue, readArguments } from './operands';
import { type Reader, type ReadOperator, refuseBadUserVariable } from './reader';

const letOperator: ReadOperator = (operand, reader) => {
  const fields = readArguments('$let', operand, {
    required: ['vars', 'in'],
    codes: { notObject: 16874, unknown: 16875, missing: [16876, 16877] },
  });
  const sources = fields.get('vars');
  if (!(sources instanceof Map)) {
    throw new ServerError(10065, `invalid parameter: expected an object (vars)`);
  }
  for (const name of sources.keys()) refuseBadUserVariable(name);
  // Each sees what is around the $let, and none of the others.
  const bindings = [...sources].map(([name, source]) => [name, reader.read(source)] as const);
  const body = reader.binding(...sources.keys()).read(fields.get('in') as Value);
  return {
    evaluate: (root, variables) => {
      let inner = variables;
      for (const [name, expression] of bindings) {
        inner = new Variables(name, expression.evaluate(root, variables), inner);
      }
      return body.evaluate(root, inner);
    },
  };
};

function readAs(fields: Document): string {
  const source = fields.get('as') ?? 'this';
  const name = typeof source === 'string' ? source : '';
  refuseBadUserVariable(name);
  return name;
}

/** The array to iterate; null without one. */
function readInput(name: string, code: number, value: Value | undefined): Value[] | null {
  if (isNothing(value)) return null;
  if (!Array.isArray(value))
    throw new ServerError(code, `input to ${name} must be an array not ${typeName(value)}`);
  return value;
}

const map: ReadOperator = (operand, reader) => {
  const fields = readArguments('$map', operand, {
    required: ['input', 'in'],
    optional: ['as'],
    codes: {
      notObject: 16878,
      unknown: 16879,
      missing: [16880, 16882],
    },
  });
  const name = readAs(fields);
  const input = reader.read(fields.get('input') as Value);
  const body = reader.binding(name).read(fields.get('in') as Value);
  return {
    evaluate: (root, variables) => {
      const items = readInput('$map', 16883, input.evaluate(root, variables));
      if (items === null) return null;
      let elements = items.length;
      return items.map((item) => {
        const value = body.evaluate(root, new Variables(name, item, variables)) ?? null;
        if (Array.isArray(value)) elements += value.length;
        refuseManyElements('$map', elements);
        return value;
      });
    },
  };
};

const filter: ReadOperator = (operand, reader) => {
  const fields = readArguments('$filter', operand, {
    required: ['input', 'cond'],
    optional: ['as', 'limit'],
    codes: {
      notObject: 28646,
      unknown: 28647,
      missing: [28648, 28650],
    },
  });
  const name = readAs(fields);
  const input = reader.read(fields.get('input') as Value);
  const condition = reader.binding(name).read(fields.get('cond') as Value);
  const most = fields.has('limit') ? reader.read(fields.get('limit') as Value) : undefined;
  return {
    evaluate: (root, variables) => {
      const items = readInput('$filter', 28651, input.evaluate(root, variables));
      if (items === null) return null;
      const limit = most ? readLimit(most.evaluate(root, variables)) : Number.POSITIVE_INFINITY;
      const kept: Value[] = [];
      for (const item of items) {
        if (!isTrue(condition.evaluate(root, new Variables(name, item, variables)))) continue;
        kept.push(item);
        if (kept.length >= limit) break;
      }
      return kept;
    },
  };
};

function readLimit(value: Value | undefined): number {
  if (isNothing(value)) return Number.POSITIVE_INFINITY;
  const limit = int(value);
  if (limit === undefined) {
    throw new ServerError(327391, '$filter: limit must be represented as a 32-bit integral value');
  }
  if (limit < 1) throw new ServerError(327392, `$filter: limit must be greater than 0: ${limit}`);
  return limit;
}

const reduce: ReadOperator = (operand, reader) => {
  const order = ['input', 'initialValue', 'in'];
  const fields = readArguments('$reduce', operand, {
    required: order,
    codes: { notObject: 40075, unknown: 40076, missing: [40077, 40078, 40079] },
  });
  const read = (name: string, by: Reader): Expression => by.read(fields.get(name) as Value);
  const input = read('input', reader);
  const initial = read('initialValue', reader);
  const body = read('in', reader.binding('this', 'value'));
  return {
    evaluate: (root, variables) => {
      const items = input.evaluate(root, variables);
      if (isNothing(items)) return null;
      if (!Array.isArray(items)) {
        throw new ServerError(40080, `$reduce requires that 'input' be an array, found: ${typeName(items)}`);
      }
      let value = initial.evaluate(root, variables);
      for (const item of items) {
        value = body.evaluate(root, new Variables('value', value, new Variables('this', item, variables)));
      }
      return value;
    },
  };
};

export const bindings: readonly [string, ReadOperator][] = [
  ['$let', letOperator],
  ['$map', map],
  ['$filter', filter],
  ['$reduce', reduce],
];
