import { GraphQLScalarType, Kind } from 'graphql';
import { AppError } from '../../errors';

function cursorText(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new AppError('BAD_CURSOR', 'A cursor is the text that an update or a room gave you, unchanged.');
}

export const CursorScalar = new GraphQLScalarType<string, string>({
  name: 'Cursor',
  description: "An opaque place in a room's update stream. Keep it, send it back, read nothing into it.",
  serialize: cursorText,
  parseValue: cursorText,
  parseLiteral: (node) => cursorText(node.kind === Kind.STRING ? node.value : undefined),
});
