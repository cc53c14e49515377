import type { FieldNode, GraphQLResolveInfo, SelectionSetNode } from 'graphql';

/** Whether the selection under a field asks for `name` at any depth, through fragments too. Aliases do not matter. */
export function selects({ fieldNodes, fragments }: GraphQLResolveInfo, name: string): boolean {
  const asks = (selectionSet: SelectionSetNode | undefined): boolean =>
    selectionSet?.selections.some((selection) => {
      if (selection.kind === 'Field') return selection.name.value === name || asks(selection.selectionSet);
      if (selection.kind === 'InlineFragment') return asks(selection.selectionSet);
      return asks(fragments[selection.name.value]?.selectionSet);
    }) ?? false;
  return fieldNodes.some((node: FieldNode) => asks(node.selectionSet));
}
