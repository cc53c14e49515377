import { type Document, typeName, type Value } from '../bson/types';
import { badValue, ServerError } from '../server-error';
import { type Leaf, type Place, shownField } from './leaf';
import { refuseRenameThroughArray, renamedValue } from './rename';
import {
  childrenInOrder,
  type ElementFilters,
  type ElementsNode,
  type FieldsNode,
  mergeNodes,
  type UpdateNode,
} from './tree';
import { arrayPlace } from './update-path';

/** More nulls than this are not made to reach a far element of an array. The same number as in a real server. */
const MOST_PADDING = 1_500_000;

export interface ApplyOptions {
  /** The element that `$` stands for. */
  readonly found: number | undefined;
  readonly elementFilters: ElementFilters;
  readonly isInsert: boolean;
  /** Whether _id may be given here: only in a document that an upsert makes, and only if the filter gave none. */
  readonly mayChangeId: boolean;
}

/** The document with all changes made; the very same one where there are none. */
export function applyTree(root: Document, tree: FieldsNode, options: ApplyOptions): Document {
  return new Application(root, options).run(tree);
}

/** A value that stands in the way of a path, and the part that leads nowhere because of it. */
interface Obstacle {
  readonly name: string;
  readonly value: Value;
  readonly part: string;
}

class Application {
  /** The copies made so far; they may be changed, unlike what was given in. */
  private readonly copies = new Set<Document | Value[]>();
  private readonly renamed: (readonly string[])[] = [];

  constructor(
    private readonly root: Document,
    private readonly options: ApplyOptions,
  ) {}

  run(tree: FieldsNode): Document {
    let result = this.fields(tree, this.root, []) as Document;
    for (const from of this.renamed) result = without(result, from) as Document;
    return result;
  }

  private node(
    node: UpdateNode,
    value: Value | undefined,
    path: readonly string[],
    obstacle?: Obstacle,
  ): Value | undefined {
    if (node.kind === 'leaf') return this.leaf(node.leaf, value, path, obstacle);
    if (node.kind === 'elements') return this.elements(node, value, path);
    return this.fields(node, value, path, obstacle);
  }

  private leaf(
    leaf: Leaf,
    value: Value | undefined,
    path: readonly string[],
    obstacle?: Obstacle,
  ): Value | undefined {
    if (leaf.onInsertOnly && !this.options.isInsert) return value;
    const place: Place = { root: this.root, path: path.join('.') };
    if (leaf.from) return this.rename(leaf, value, path, obstacle);
    if (obstacle && leaf.unviable !== 'nothing') throw unviable(leaf.unviable, obstacle, place.path);
    const result = value === undefined ? leaf.create(place) : leaf.change(value, place);
    if (result !== value) this.refuseNewId(path);
    return result;
  }

  private rename(
    leaf: Leaf,
    value: Value | undefined,
    path: readonly string[],
    obstacle?: Obstacle,
  ): Value | undefined {
    const from = leaf.from as readonly string[];
    const moved = renamedValue(this.root, from);
    if (moved === undefined) return value;
    refuseRenameThroughArray(this.root, path);
    if (obstacle) throw unviable('cannotCreate', obstacle, path.join('.'));
    this.refuseNewId(from);
    // Even where both have the same value.
    this.refuseNewId(path);
    this.renamed.push(from);
    return moved;
  }

  private refuseNewId(path: readonly string[]): void {
    if (path[0] !== '_id' || this.options.mayChangeId) return;
    throw new ServerError(
      66,
      `Performing an update on the path '${path.join('.')}' would modify the immutable field '_id'`,
    );
  }

  private fields(
    node: FieldsNode,
    value: Value | undefined,
    path: readonly string[],
    obstacle?: Obstacle,
  ): Value | undefined {
    let result = value;
    for (const [name, child] of childrenInOrder(node, this.options.found, path.join('.'))) {
      result = this.child(child, result, name, path, obstacle);
    }
    return result;
  }

  private child(
    child: UpdateNode,
    parent: Value | undefined,
    name: string,
    parentPath: readonly string[],
    obstacle?: Obstacle,
  ): Value | undefined {
    const path = [...parentPath, name];
    if (parent === undefined) {
      const made = this.node(child, undefined, path, obstacle);
      return made === undefined ? undefined : this.own(new Map([[name, made]]));
    }
    if (parent instanceof Map) return this.member(child, parent, name, path);
    const place = Array.isArray(parent) ? arrayPlace(name) : undefined;
    if (Array.isArray(parent) && place !== undefined) return this.element(child, parent, place, path);
    // Nothing can be put there: the operator that would reports it.
    this.node(child, undefined, path, { name: parentPath.at(-1) ?? '', value: parent, part: name });
    return parent;
  }

  private member(child: UpdateNode, parent: Document, name: string, path: readonly string[]): Value {
    const before = parent.get(name);
    const after = this.node(child, before, path);
    if (after === before) return parent;
    const copy = this.copies.has(parent) ? parent : this.own(new Map(parent));
    if (after === undefined) copy.delete(name);
    else copy.set(name, after);
    return copy;
  }

  private element(child: UpdateNode, parent: Value[], place: number, path: readonly string[]): Value {
    const before = place < parent.length ? parent[place] : undefined;
    const after = this.node(child, before, path);
    if (after === before) return parent;
    const copy = this.copies.has(parent) ? parent : this.own([...parent]);
    if (place - copy.length > MOST_PADDING) {
      throw new ServerError(
        33,
        `Cannot backfill array with ${place - copy.length} elements; the most is ${MOST_PADDING}`,
      );
    }
    while (copy.length < place) copy.push(null);
    // Taking an element away leaves null, so that the others keep their places.
    copy[place] = after ?? null;
    return copy;
  }

  private elements(node: ElementsNode, value: Value | undefined, path: readonly string[]): Value {
    if (value === undefined) {
      throw badValue(
        `The path '${path.join('.')}' must exist in the document in order to apply array updates.`,
      );
    }
    if (!Array.isArray(value)) {
      throw badValue(
        `Cannot apply array updates to non-array element ${shownField(path.at(-1) ?? '', value).slice(1, -1)}`,
      );
    }
    let result: Value[] = value;
    for (let place = 0; place < value.length; place++) {
      const change = this.changeFor(node, value[place] as Value, [...path, String(place)].join('.'));
      if (change) result = this.element(change, result, place, [...path, String(place)]) as Value[];
    }
    return result;
  }

  /** What all names together that an element goes by do to it. */
  private changeFor(node: ElementsNode, element: Value, path: string): UpdateNode | undefined {
    let change: UpdateNode | undefined;
    for (const [name, child] of node.children) {
      const filter = this.options.elementFilters.get(name);
      if (name !== '' && !filter?.matches(new Map([[name, element]]))) continue;
      change = change ? mergeNodes(change, child, path) : child;
    }
    return change;
  }

  private own<T extends Document | Value[]>(copy: T): T {
    this.copies.add(copy);
    return copy;
  }
}

function unviable(kind: Leaf['unviable'], { name, value, part }: Obstacle, path: string): ServerError {
  const element = shownField(name, value);
  if (kind === 'cannotCreate')
    return new ServerError(28, `Cannot create field '${part}' in element ${element}`);
  return new ServerError(
    28,
    `Cannot use the part (${part}) of (${path}) to traverse the element (${element})`,
  );
}

/** A copy without the field at a path through documents. */
function without(value: Value | undefined, path: readonly string[]): Value | undefined {
  if (!(value instanceof Map)) throw new Error(`a renamed field was in a ${typeName(value)}`);
  const [name, ...rest] = path as [string, ...string[]];
  const copy = new Map(value);
  if (rest.length === 0) copy.delete(name);
  else copy.set(name, without(value.get(name), rest) as Value);
  return copy;
}
