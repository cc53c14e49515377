import { show } from '../bson/show';
import { type Document, Regex, typeName, type Value } from '../bson/types';
import { valueOperators as valueQueries } from '../query/field-operators';
import { equalTo } from '../query/field-tests';
import { readFilter } from '../query/filter';
import type { FilterContext } from '../query/filter-context';
import type { Filter } from '../query/filter-nodes';
import { badValue, failedToParse } from '../server-error';
import { arrayOperators } from './array-operators';
import type { LeafContext, ReadLeaf } from './leaf';
import { readRename } from './rename';
import { addLeaf, type FieldsNode, newRoot } from './tree';
import { isPlaceholder, readUpdatePath, type UpdatePath } from './update-path';
import { valueOperators } from './value-operators';

const operators: Readonly<Record<string, ReadLeaf>> = { ...valueOperators, ...arrayOperators };

/** The update operators that there are, for the table in docs/. */
export const updateOperators = [...Object.keys(operators), '$rename'].sort();

/** The tree of an update with operators. @throws ServerError 9, 2, 14, 40, 56 for what cannot be one */
export function readOperators(
  spec: Document,
  elementFilters: ReadonlyMap<string, Filter>,
  context: LeafContext,
): FieldsNode {
  const root = newRoot();
  const usedFilters = new Set<string>();
  for (const [operator, fields] of spec) {
    if (operator !== '$rename' && !Object.hasOwn(operators, operator)) {
      throw failedToParse(
        `Unknown modifier: ${operator}. Expected a valid update modifier or pipeline-style update specified as an array`,
      );
    }
    if (!(fields instanceof Map)) {
      throw failedToParse(
        `Modifiers operate on fields but we found type ${typeName(fields)} instead. ` +
          `For example: {$mod: {<field>: ...}} not {${operator}: ${show(fields)}}`,
      );
    }
    for (const [name, operand] of fields) {
      if (operator === '$rename') addRename(root, name, operand);
      else {
        const path = readUpdatePath(name);
        const leaf = (operators[operator] as ReadLeaf)(operand, name, context);
        noteFilters(path, elementFilters, usedFilters);
        addLeaf(root, path, leaf);
      }
    }
  }
  for (const name of elementFilters.keys()) {
    if (usedFilters.has(name)) continue;
    throw failedToParse(`The array filter for identifier '${name}' was not used in the update ${show(spec)}`);
  }
  return root;
}

/** Both ends count as changed, so that nothing else may touch them. */
function addRename(root: FieldsNode, name: string, operand: Value): void {
  addLeaf(root, readUpdatePath(name), occupied);
  const { to, leaf } = readRename(name, operand);
  addLeaf(root, to, leaf);
}

const occupied = {
  operator: '$rename',
  change: (value: Value) => value,
  create: () => undefined,
  unviable: 'nothing',
} as const;

function noteFilters(path: UpdatePath, filters: ReadonlyMap<string, Filter>, used: Set<string>): void {
  for (const part of path.parts) {
    if (!isPlaceholder(part) || part === '$[]') continue;
    const name = part.slice(2, -1);
    if (!filters.has(name)) {
      throw badValue(`No array filter found for identifier '${name}' in path '${path.text}'`);
    }
    used.add(name);
  }
}

/** The condition of `$pull`: of documents when it is a filter, of the element itself when it is operators or a value. */
export function readElementTest(condition: Value, context: FilterContext): (element: Value) => boolean {
  if (isOfValues(condition)) {
    const filter = readFilter(new Map([['', condition]]), context);
    return (element) => filter.matches(new Map([['', element]]));
  }
  if (condition instanceof Map) {
    const filter = readFilter(condition, context);
    return (element) => element instanceof Map && filter.matches(element);
  }
  if (condition === null) return (element) => element === null;
  return equalTo(condition, context.strings);
}

/** Any other operator is asked of a document as a whole. */
function isOfValues(condition: Value): boolean {
  if (condition instanceof Regex) return true;
  return condition instanceof Map && valueQueries.includes(condition.keys().next().value ?? '');
}
