import type { Document, Value } from '../bson/types';
import { badValue, ServerError } from '../server-error';
import { type Leaf, shownField, shownId } from './leaf';
import { arrayPlace, isPlaceholder, readUpdatePath, type UpdatePath } from './update-path';

/** `$rename: { from: to }`, checked. The change belongs to the path `to`. */
export function readRename(
  fromText: string,
  operand: Value,
): { from: UpdatePath; to: UpdatePath; leaf: Leaf } {
  if (typeof operand !== 'string') {
    throw badValue(
      `The 'to' field for $rename must be a string: ${shownField(fromText, operand).slice(1, -1)}`,
    );
  }
  const shown = `${fromText}: "${operand}"`;
  const from = readUpdatePath(fromText);
  const to = readUpdatePath(operand);
  if (fromText === operand) throw badValue(`The source and target field for $rename must differ: ${shown}`);
  if (`${fromText}.`.startsWith(`${operand}.`) || `${operand}.`.startsWith(`${fromText}.`)) {
    throw badValue(`The source and target field for $rename must not be on the same path: ${shown}`);
  }
  if (from.parts.some(isDynamic)) {
    throw badValue(`The source field for $rename may not be dynamic: ${fromText}`);
  }
  if (to.parts.some(isDynamic)) {
    throw badValue(`The destination field for $rename may not be dynamic: ${operand}`);
  }
  return { from, to, leaf: { ...moving, from: from.parts } };
}

const isDynamic = (part: string): boolean => part === '$' || isPlaceholder(part);

const moving: Leaf = {
  operator: '$rename',
  change: (value) => value,
  create: () => undefined,
  unviable: 'cannotCreate',
};

/** The value to move; undefined if the field is missing. @throws ServerError 28 or 2 for a path through a scalar or an array */
export function renamedValue(root: Document, from: readonly string[]): Value | undefined {
  let value: Value | undefined = root;
  let array: string | undefined;
  for (const [at, part] of from.entries()) {
    const place = Array.isArray(value) ? arrayPlace(part) : undefined;
    if (value instanceof Map) value = value.get(part);
    else if (Array.isArray(value) && place !== undefined) {
      array ??= from[at - 1];
      value = value[place];
    } else {
      throw new ServerError(
        28,
        `Cannot use the part (${part}) of (${from.join('.')}) to traverse the element (${shownField(from[at - 1] ?? '', value as Value)})`,
      );
    }
    if (value === undefined) return undefined;
  }
  if (array !== undefined) throw throughArray('source', root, from, array);
  return value;
}

export function refuseRenameThroughArray(root: Document, to: readonly string[]): void {
  let value: Value | undefined = root;
  for (const part of to.slice(0, -1)) {
    value = value instanceof Map ? value.get(part) : undefined;
    if (Array.isArray(value)) throw throughArray('destination', root, to, part);
  }
}

function throughArray(end: string, root: Document, path: readonly string[], array: string): ServerError {
  return badValue(
    `The ${end} field cannot be an array element, '${path.join('.')}' in doc with ${shownId(root).slice(1, -1)} has an array field called '${array}'`,
  );
}
