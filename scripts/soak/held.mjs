/**
 * What V8 keeps for itself. It goes on compiling for hours, as one function after another becomes hot, and what it has compiled is
 * on the heap too, with lists of what depends on it: many times what a leak adds in an hour, and bounded by the source.
 */
const OF_V8 = new Set(['code', 'hidden']);

/** Bytes in a heap snapshot: of objects, texts, functions and buffers, which the program itself holds, and of what V8 does. */
export function heldIn(text) {
  const { snapshot, nodes } = JSON.parse(text);
  const { node_fields: fields, node_types: kinds } = snapshot.meta;
  const [kind, size] = [fields.indexOf('type'), fields.indexOf('self_size')];
  const bytes = { objects: 0, code: 0 };
  for (let at = 0; at < nodes.length; at += fields.length) {
    bytes[OF_V8.has(kinds[kind][nodes[at + kind]]) ? 'code' : 'objects'] += nodes[at + size];
  }
  return bytes;
}
