import type { Document, Value } from '../../bson/types';
import { ServerError } from '../../server-error';
import { type Accumulator, type DocumentRunning, readAccumulator } from '../accumulators/read';
import type { Expression } from '../expressions/expression';
import { readExpression } from '../expressions/read';
import { ValueMap } from '../expressions/value-set';
import { Holdings } from '../memory';
import type { ReadStage, Stage, StageSetting } from './stage';

export const group: ReadStage = (operand, setting) => {
  if (!(operand instanceof Map)) {
    throw new ServerError(15947, "a group's fields must be specified in an object");
  }
  const id = operand.get('_id');
  if (id === undefined) throw new ServerError(15955, 'a group specification must include an _id');
  const fields = new Map([...operand].filter(([name]) => name !== '_id'));
  return grouping(readExpression(id, setting), readAccumulators(fields, setting), setting);
};

export type Accumulators = readonly (readonly [name: string, accumulator: Accumulator])[];

export function readAccumulators(fields: Document, setting: StageSetting): Accumulators {
  return [...fields].map(([name, source]) => {
    if (name.includes('.')) throw new ServerError(40235, `The field name '${name}' cannot contain '.'`);
    if (name.startsWith('$'))
      throw new ServerError(40236, `The field name '${name}' cannot be an operator name`);
    return [name, readAccumulator(name, source, (value) => readExpression(value, setting))] as const;
  });
}

interface Group {
  id: Value;
  running: DocumentRunning[];
}

/** Groups in the order in which each was first met. */
export function grouping(id: Expression, accumulators: Accumulators, setting: StageSetting): Stage {
  const { strings } = setting;
  return {
    *run(documents) {
      const groups: Group[] = [];
      const byId = new ValueMap<Group>(strings);
      const holdings = new Holdings('$group');
      const keep = (value: Value) => holdings.keep(value);
      for (const doc of documents) {
        // No value and null are one group.
        const key = id.evaluate(doc) ?? null;
        let found = byId.get(key);
        if (!found) {
          found = { id: key, running: accumulators.map(([, one]) => one.start({ strings, keep })) };
          holdings.keep(key);
          byId.set(key, found);
          groups.push(found);
        }
        for (const running of found.running) running.take(doc);
      }
      for (const one of groups) yield resultOf(one.id, accumulators, one.running);
    },
  };
}

export function resultOf(
  id: Value,
  accumulators: Accumulators,
  running: readonly DocumentRunning[],
): Document {
  const result: Document = new Map([['_id', id]]);
  for (const [i, [name]] of accumulators.entries()) {
    const value = running[i]?.result;
    result.set(name, value === undefined ? null : value);
  }
  return result;
}
