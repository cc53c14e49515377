import type { Filter } from '../query/filter-nodes';
import { badValue, ServerError } from '../server-error';
import type { Leaf } from './leaf';
import { comparePathParts, isPlaceholder, type UpdatePath } from './update-path';

/**
 * All paths of an update, merged into one tree: so conflicts between operators show before any document is touched, and
 * each document is walked once.
 */
export type UpdateNode = LeafNode | FieldsNode | ElementsNode;

interface LeafNode {
  readonly kind: 'leaf';
  readonly leaf: Leaf;
}

/** Fields of a document, or elements of an array by number. */
export interface FieldsNode {
  readonly kind: 'fields';
  readonly children: Map<string, UpdateNode>;
  /** What `$` stands before: the element that the query found. */
  positional: UpdateNode | undefined;
  /** The children as they are applied, once they all are there. */
  inOrder?: readonly [string, UpdateNode][];
}

/** `$[]` (by the name '') and `$[name]`. */
export interface ElementsNode {
  readonly kind: 'elements';
  readonly children: Map<string, UpdateNode>;
}

export const newRoot = (): FieldsNode => ({ kind: 'fields', children: new Map(), positional: undefined });

/** @throws ServerError 40 where another operator changes the same path, or one above or below it. */
export function addLeaf(root: FieldsNode, path: UpdatePath, leaf: Leaf): void {
  let node: FieldsNode | ElementsNode = root;
  for (let at = 0; at < path.parts.length; at++) {
    const isLast = at === path.parts.length - 1;
    const part = path.parts[at] as string;
    const existing = childOf(node, part);
    const nextIsElements = !isLast && isPlaceholder(path.parts[at + 1] as string);
    const wanted: UpdateNode['kind'] = isLast ? 'leaf' : nextIsElements ? 'elements' : 'fields';
    if (existing && (isLast || existing.kind !== wanted)) {
      throw conflict(path.text, path.parts.slice(0, at + 1).join('.'));
    }
    if (isLast) {
      setChild(node, part, { kind: 'leaf', leaf });
      return;
    }
    if (existing) {
      node = existing as FieldsNode | ElementsNode;
      continue;
    }
    const made: FieldsNode | ElementsNode = nextIsElements
      ? { kind: 'elements', children: new Map() }
      : newRoot();
    setChild(node, part, made);
    node = made;
  }
}

function childOf(node: FieldsNode | ElementsNode, part: string): UpdateNode | undefined {
  if (node.kind === 'elements') return node.children.get(part.slice(2, -1));
  return part === '$' ? node.positional : node.children.get(part);
}

function setChild(node: FieldsNode | ElementsNode, part: string, child: UpdateNode): void {
  if (node.kind === 'elements') node.children.set(part.slice(2, -1), child);
  else if (part === '$') node.positional = child;
  else node.children.set(part, child);
}

/** Two sets of changes to one element, known to be one only when a document is there. @throws ServerError 40 */
export function mergeNodes(a: UpdateNode, b: UpdateNode, path: string): UpdateNode {
  if (a.kind === 'leaf' || b.kind === 'leaf' || a.kind !== b.kind) throw conflict(path, path);
  const children = new Map(a.children);
  for (const [name, child] of b.children) {
    const other = children.get(name);
    children.set(name, other ? mergeNodes(other, child, `${path}.${name}`) : child);
  }
  if (a.kind === 'elements' || b.kind === 'elements') return { kind: 'elements', children };
  const positional =
    a.positional && b.positional
      ? mergeNodes(a.positional, b.positional, `${path}.$`)
      : (a.positional ?? b.positional);
  return { kind: 'fields', children, positional };
}

/** The children in the order in which they are applied, with `$` made the number it stands for. */
export function childrenInOrder(
  node: FieldsNode,
  found: number | undefined,
  path: string,
): readonly [string, UpdateNode][] {
  if (!node.positional) {
    node.inOrder ??= sorted(node.children);
    return node.inOrder;
  }
  if (found === undefined) {
    throw badValue('The positional operator did not find the match needed from the query.');
  }
  const name = String(found);
  const other = node.children.get(name);
  const child = other ? mergeNodes(other, node.positional, `${path}.${name}`) : node.positional;
  return sorted(new Map(node.children).set(name, child));
}

/** Names of which the order of the bytes is that of the text, and none is a number. Nearly all are such. */
const plainName = /^[A-Za-z_$][\x20-\x7e]*$/;

function sorted(children: ReadonlyMap<string, UpdateNode>): [string, UpdateNode][] {
  const list = [...children];
  const arePlain = list.every(([name]) => plainName.test(name));
  return list.sort(arePlain ? ([a], [b]) => (a < b ? -1 : 1) : ([a], [b]) => comparePathParts(a, b));
}

function conflict(path: string, at: string): ServerError {
  return new ServerError(40, `Updating the path '${path}' would create a conflict at '${at}'`);
}

/** The conditions of `arrayFilters`, by the name they give to an element. */
export type ElementFilters = ReadonlyMap<string, Filter>;
