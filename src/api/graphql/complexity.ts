import {
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLField,
  type GraphQLInputObjectType,
  type GraphQLNamedType,
  type GraphQLSchema,
  getNamedType,
  isCompositeType,
  isInputObjectType,
  isObjectType,
  type OperationDefinitionNode,
  type SelectionSetNode,
  typeFromAST,
  type ValueNode,
  valueFromASTUntyped,
} from 'graphql';
import { AppError } from '../../errors';

export interface ComplexityLimits {
  /** Fields one within the other. */
  readonly depth: number;
  /** Values that the answer can hold at most: each field counts once for every element of the pages it is in. */
  readonly cost: number;
  /** Fields under another name, and fields that are asked for again in the same place. */
  readonly aliases: number;
  readonly directives: number;
}

/** What an operation is measured by, fragments counted wherever they are used. */
type Measure = { readonly [Name in keyof ComplexityLimits]: number } & {
  /** How often every stored room is looked at. A list scans once, however large the page that it gives. */
  readonly scans: number;
};

interface Asked {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  readonly variables: Readonly<Record<string, unknown>>;
}

const nothing: Measure = { depth: 0, cost: 0, aliases: 0, directives: 0, scans: 0 };

/** Marks, by `@Extensions(scansRooms)`, a field or an argument that makes the database look at every stored room. */
export const scansRooms = { scansRooms: true } as const;

/** A scan costs as much as the values of a large answer, and less under a low limit, which still allows a few in one operation. */
const MAX_SCAN_COST = 100_000;
const SCANS_WITHIN_LIMIT = 10;

/** The largest page that any field gives, and what is assumed of a page that is asked for without a number. */
const LARGEST_PAGE = 1_000;
const pageArguments = ['limit', 'first'];

/**
 * Why an operation asks for too much, or undefined where it does not. To be asked of valid documents: one without cycles of
 * fragments. What asks about the schema is not counted; `MaxIntrospectionDepthRule` bounds it.
 */
export function tooComplex(asked: Asked, limits: ComplexityLimits): GraphQLError | undefined {
  const { scans, ...measure } = measureOf(asked);
  const scanCost = Math.min(MAX_SCAN_COST, Math.ceil(limits.cost / SCANS_WITHIN_LIMIT));
  const measured = { ...measure, cost: measure.cost + scans * scanCost };
  const over = (Object.keys(limits) as (keyof ComplexityLimits)[]).find(
    (name) => measured[name] > limits[name],
  );
  if (!over) return undefined;
  const isByScans = over === 'cost' && measure.cost <= limits.cost;
  const advice = isByScans ? fewerScans(scans, scanCost) : adviceOn[over];
  const message = `This operation is too complex: ${over} ${measured[over]}, and at most ${limits[over]} is allowed. ${advice}`;
  return new GraphQLError(message, { originalError: new AppError('QUERY_TOO_COMPLEX', message) });
}

const adviceOn: Readonly<Record<keyof ComplexityLimits, string>> = {
  depth: 'Nest fewer fields in each other.',
  cost: 'Each field counts once for every element of the lists it is in: ask for smaller pages or fewer fields.',
  aliases: 'Ask for fewer fields under another name.',
  directives: 'Use fewer directives.',
};

function fewerScans(scans: number, scanCost: number): string {
  return (
    `Each nameContains and each totalCount looks at every room and costs ${scanCost}; this operation has ${scans}. ` +
    'Send fewer of them in one operation.'
  );
}

/** Measures that no variable has a part in, of documents that are kept: the same one is asked for again and again. */
const fixed = new WeakMap<OperationDefinitionNode, Measure>();

function measureOf({ schema, document, operation, variables }: Asked): Measure {
  const known = fixed.get(operation);
  if (known) return known;
  const measuring = new Measuring(schema, document, variables);
  const measure = measuring.operation(operation);
  if (!measuring.dependsOnVariables) fixed.set(operation, measure);
  return measure;
}

class Measuring {
  dependsOnVariables = false;
  private variables: Readonly<Record<string, unknown>> = {};
  private readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** Each fragment is measured once, however often it is used: a document of doublings would take forever otherwise. */
  private readonly measured = new Map<string, Measure>();

  constructor(
    private readonly schema: GraphQLSchema,
    { definitions }: DocumentNode,
    private readonly given: Readonly<Record<string, unknown>>,
  ) {
    const fragments = definitions.filter((each) => each.kind === 'FragmentDefinition');
    this.fragments = new Map(fragments.map((fragment) => [fragment.name.value, fragment]));
  }

  operation({ operation, selectionSet, directives, variableDefinitions }: OperationDefinitionNode): Measure {
    const defaults = (variableDefinitions ?? []).map(({ variable, defaultValue }) => [
      variable.name.value,
      defaultValue && valueFromASTUntyped(defaultValue),
    ]);
    const given = Object.entries(this.given).filter(([, value]) => value !== undefined);
    this.variables = Object.fromEntries([...defaults, ...given]);
    const root = this.schema.getRootType(operation) ?? undefined;
    return together([this.selections(selectionSet, root), ofDirectives(directives)]);
  }

  private selections(set: SelectionSetNode | undefined, within: GraphQLNamedType | undefined): Measure {
    const seen = new Set<string>();
    const parts = (set?.selections ?? []).map((selection): Measure => {
      const own = ofDirectives(selection.directives);
      if (selection.kind === 'FragmentSpread') return together([own, this.fragment(selection.name.value)]);
      if (selection.kind === 'InlineFragment') {
        const { typeCondition } = selection;
        const type = typeCondition ? typeFromAST(this.schema, typeCondition) : within;
        return together([own, this.selections(selection.selectionSet, type)]);
      }
      const { name, alias } = selection;
      const isAgain = alias !== undefined || seen.has(name.value);
      seen.add(name.value);
      return together([own, { ...nothing, aliases: isAgain ? 1 : 0 }, this.field(selection, within)]);
    });
    return together(parts);
  }

  private field(node: FieldNode, within: GraphQLNamedType | undefined): Measure {
    const name = node.name.value;
    if (name === '__schema' || name === '__type') return nothing;
    const field = isObjectType(within) ? within.getFields()[name] : undefined;
    const type = field && getNamedType(field.type);
    const inside = this.selections(node.selectionSet, isCompositeType(type) ? type : undefined);
    const times = field ? this.pageOf(node, field) : 1;
    const scans = inside.scans + (field ? this.scansOf(node, field) : 0);
    return { ...inside, depth: inside.depth + 1, cost: 1 + times * inside.cost, scans };
  }

  /** How often a field makes the database look at every room: by itself, and by each argument that says so. */
  private scansOf(node: FieldNode, { args, extensions }: GraphQLField<unknown, unknown>): number {
    const own = 'scansRooms' in extensions ? 1 : 0;
    const ofArguments = (node.arguments ?? []).map(({ name, value }) => {
      const declared = args.find((each) => each.name === name.value);
      const type = declared && getNamedType(declared.type);
      return isInputObjectType(type) ? this.scansOfInput(value, type) : 0;
    });
    return ofArguments.reduce((sum, each) => sum + each, own);
  }

  private scansOfInput(value: ValueNode, type: GraphQLInputObjectType): number {
    const fields = Object.values(type.getFields()).filter(({ extensions }) => 'scansRooms' in extensions);
    if (fields.length === 0) return 0;
    if (value.kind === 'Variable') this.dependsOnVariables = true;
    const given =
      value.kind === 'Variable'
        ? this.variables[value.name.value]
        : value.kind === 'ObjectValue' &&
          Object.fromEntries(
            value.fields.map((field) => [field.name.value, field.value.kind !== 'NullValue']),
          );
    return fields.filter(({ name }) => (given as Readonly<Record<string, unknown>> | undefined)?.[name])
      .length;
  }

  private fragment(name: string): Measure {
    const known = this.measured.get(name);
    if (known) return known;
    const definition = this.fragments.get(name);
    const type = definition && typeFromAST(this.schema, definition.typeCondition);
    const measure = definition
      ? together([this.selections(definition.selectionSet, type), ofDirectives(definition.directives)])
      : nothing;
    this.measured.set(name, measure);
    return measure;
  }

  /** How many elements a field can answer with, by the number that is asked for; 1 where it gives no pages. */
  private pageOf(node: FieldNode, { args }: GraphQLField<unknown, unknown>): number {
    const declared = args.find(({ name }) => pageArguments.includes(name));
    if (!declared) return 1;
    const given = node.arguments?.find(({ name }) => name.value === declared.name)?.value;
    if (given?.kind === 'Variable') this.dependsOnVariables = true;
    const asked =
      given?.kind === 'Variable'
        ? this.variables[given.name.value]
        : given?.kind === 'IntValue'
          ? Number(given.value)
          : undefined;
    const size = asked ?? declared.defaultValue;
    // A number that no page can have is rejected where the page is read, with a better message.
    return typeof size === 'number' ? Math.min(Math.max(size, 1), LARGEST_PAGE) : LARGEST_PAGE;
  }
}

function ofDirectives(directives: readonly DirectiveNode[] | undefined): Measure {
  return { ...nothing, directives: directives?.length ?? 0 };
}

/** Depth is the deepest's; everything else adds up. */
function together(parts: readonly Measure[]): Measure {
  let { depth, cost, aliases, directives, scans } = nothing;
  for (const part of parts) {
    depth = Math.max(depth, part.depth);
    cost += part.cost;
    aliases += part.aliases;
    directives += part.directives;
    scans += part.scans;
  }
  return { depth, cost, aliases, directives, scans };
}
