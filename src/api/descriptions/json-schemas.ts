import { z } from 'zod';

/** JSON Schema 2020-12, as OpenAPI 3.1 and AsyncAPI 3 both take it. */
export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * Describes zod schemas as what a caller sends or gets: the same objects that validate. Those with an `id` are described
 * once, under `#/components/schemas/`, and referred to.
 */
export class JsonSchemas {
  private readonly registry = z.registry<{ id: string }>();

  /** @param named each with an `id` in its metadata */
  constructor(named: readonly z.ZodType[]) {
    for (const schema of named) {
      const id = schema.meta()?.id;
      if (id === undefined) throw new Error('a schema to be referred to needs an id in its metadata');
      this.registry.add(schema, { id });
    }
  }

  /** For `components.schemas`. */
  components(): Record<string, JsonSchema> {
    const { schemas } = z.toJSONSchema(this.registry, { io: 'input', uri: referenceTo });
    return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, plain(schema)]));
  }

  /** A reference to one of the named, or the description itself of any other. */
  of(schema: z.ZodType): JsonSchema {
    const id = this.registry.get(schema)?.id;
    return id === undefined ? plain(z.toJSONSchema(schema, { io: 'input' })) : { $ref: referenceTo(id) };
  }
}

function referenceTo(id: string): string {
  return `#/components/schemas/${id}`;
}

/** Without what places a schema in a file of its own. */
function plain({ $schema, $id, id, ...schema }: Record<string, unknown>): JsonSchema {
  return schema;
}
