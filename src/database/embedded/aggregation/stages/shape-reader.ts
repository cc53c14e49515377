import { toNumber } from '../../bson/numbers';
import { type Document, isNumber, type Value } from '../../bson/types';
import { ServerError } from '../../server-error';
import { readFieldPath } from '../expressions/field-path';
import { readExpression } from '../expressions/read';
import type { ExpressionSetting } from '../expressions/reader';
import { type FieldShape, Shape } from './shape';

/** Whether the value stands for "in" or "out" and not for something to compute. */
function readFlag(value: Value): boolean | undefined {
  if (typeof value === 'boolean') return value;
  return isNumber(value) ? toNumber(value) !== 0 : undefined;
}

/** The shape that a `$project` asks for: an inclusion or an exclusion, `_id` apart. */
export function readProjection(source: Document, setting: ExpressionSetting): Shape {
  if (source.size === 0)
    throw new ServerError(51272, 'projection specification must have at least one field');
  const kind = kindOf(source);
  const shape = new Shape(kind === 'include' ? 'drop' : 'keep');
  const reader = new ProjectionReader(shape, kind, setting);
  for (const [path, value] of source) reader.read(path.split('.'), path, value);
  if (kind === 'include' && !shape.fields.has('_id')) keepIdFirst(shape);
  return shape;
}

function keepIdFirst(shape: Shape): void {
  const fields = [...shape.fields];
  shape.fields.clear();
  shape.fields.set('_id', { kind: 'keep' });
  for (const [name, field] of fields) shape.fields.set(name, field);
}

/** The first field that is not `_id` decides; `_id` alone decides for itself. */
function kindOf(source: Document): 'include' | 'exclude' {
  for (const [path, value] of source) {
    const kind = kindOfField(path, value);
    if (kind) return kind;
  }
  const id = source.get('_id');
  return id === undefined || readFlag(id) !== false ? 'include' : 'exclude';
}

function kindOfField(path: string, value: Value): 'include' | 'exclude' | undefined {
  if (path === '_id' && !(value instanceof Map)) return readFlag(value) === undefined ? 'include' : undefined;
  if (value instanceof Map && !value.keys().next().value?.startsWith('$')) {
    for (const [name, inner] of value) {
      const kind = kindOfField(`${path}.${name}`, inner);
      if (kind) return kind;
    }
    return undefined;
  }
  return readFlag(value) === false ? 'exclude' : 'include';
}

class ProjectionReader {
  constructor(
    private readonly shape: Shape,
    private readonly kind: 'include' | 'exclude',
    private readonly setting: ExpressionSetting,
  ) {}

  read(parts: readonly string[], path: string, value: Value): void {
    readFieldPath(path);
    const flag = readFlag(value);
    if (flag !== undefined) this.flag(parts, path, flag);
    else if (value instanceof Map && !isExpression(value)) {
      if (value.size === 0) {
        throw new ServerError(
          51270,
          'An empty sub-projection is not a valid value. Found empty object at path',
        );
      }
      for (const [name, inner] of value) this.read([...parts, ...name.split('.')], `${path}.${name}`, inner);
    } else this.compute(parts, path, value);
  }

  private flag(parts: readonly string[], path: string, flag: boolean): void {
    if (path !== '_id' && flag !== (this.kind === 'include')) {
      throw flag
        ? new ServerError(31253, `Cannot do inclusion on field ${path} in exclusion projection`)
        : new ServerError(31254, `Cannot do exclusion on field ${path} in inclusion projection`);
    }
    place(this.shape, parts, { kind: flag ? 'keep' : 'drop' });
  }

  private compute(parts: readonly string[], path: string, value: Value): void {
    if (this.kind === 'exclude') {
      const name = value instanceof Map ? value.keys().next().value : undefined;
      throw new ServerError(
        name === undefined ? 31310 : 31252,
        name === undefined
          ? `Cannot use an expression ${path} in an exclusion projection`
          : `Cannot use expression other than $meta in exclusion projection`,
      );
    }
    place(this.shape, parts, { kind: 'compute', expression: readComputed(value, this.setting) });
  }
}

function isExpression(value: Document): boolean {
  return value.size === 1 && (value.keys().next().value?.startsWith('$') ?? false);
}

function readComputed(value: Value, setting: ExpressionSetting) {
  try {
    return readExpression(value, setting);
  } catch (error) {
    // A projection has its own code for an unknown operator.
    if (error instanceof ServerError && error.code === 168 && error.message.startsWith('Unrecognized')) {
      const name = /'(.*)'/.exec(error.message)?.[1] ?? '';
      throw new ServerError(31325, `Unknown expression ${name}`);
    }
    throw error;
  }
}

/** The shape that `$addFields` asks for. */
export function readAddedFields(source: Document, setting: ExpressionSetting): Shape {
  const shape = new Shape('keep');
  for (const [path, value] of source) addField(shape, path, value, setting);
  return shape;
}

function addField(shape: Shape, path: string, value: Value, setting: ExpressionSetting): void {
  readFieldPath(path);
  if (value instanceof Map && value.size > 0 && !value.keys().next().value?.startsWith('$')) {
    for (const [name, inner] of value) {
      if (name.includes('.')) {
        throw new ServerError(16412, `FieldPath field names may not contain '.' in a sub-object: ${name}`);
      }
      addField(shape, `${path}.${name}`, inner, setting);
    }
    return;
  }
  place(shape, path.split('.'), { kind: 'compute', expression: readExpression(value, setting) });
}

/** The shape without some fields. */
export function readRemovedFields(paths: readonly string[]): Shape {
  const shape = new Shape('keep');
  for (const path of paths) {
    readFieldPath(path);
    place(shape, path.split('.'), { kind: 'drop' });
  }
  return shape;
}

/** @throws ServerError 31249, 31250 where two paths meet. */
export function place(shape: Shape, parts: readonly string[], field: FieldShape): void {
  let at = shape;
  const path = parts.join('.');
  for (const [i, part] of parts.entries()) {
    const there = at.fields.get(part);
    if (i === parts.length - 1) {
      if (there) throw new ServerError(31250, `Path collision at ${path}`);
      at.fields.set(part, field);
    } else if (there === undefined) {
      const inside = new Shape(shape.others);
      at.fields.set(part, { kind: 'inside', shape: inside });
      at = inside;
    } else if (there.kind === 'inside') at = there.shape;
    else {
      const rest = parts.slice(i + 1).join('.');
      throw new ServerError(31249, `Path collision at ${path} remaining portion ${rest}`);
    }
  }
}
