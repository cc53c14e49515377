import { compareValues, equalValues, typePlace } from '../bson/compare';
import type { Value } from '../bson/types';
import { comparesMissing } from './field-tests';
import type { Filter } from './filter-nodes';

/**
 * Whether everything that matches `filter` also matches `partial`, as far as their forms tell. A partial index may only
 * answer filters for which it is sure; false just means another way is taken.
 */
export function implies(filter: Filter, partial: Filter): boolean {
  if (partial.kind === 'and') return partial.parts.every((part) => implies(filter, part));
  if (filter.kind === 'and' && filter.parts.some((part) => implies(part, partial))) return true;
  if (filter.kind === 'or') return filter.parts.every((part) => implies(part, partial));
  if (partial.kind === 'or') return partial.parts.some((part) => implies(filter, part));
  if (filter.kind !== 'field' || partial.kind !== 'field' || filter.path !== partial.path) return false;
  return fieldImplies(filter, partial);
}

type FieldFilter = Extract<Filter, { kind: 'field' }>;

function fieldImplies(filter: FieldFilter, partial: FieldFilter): boolean {
  if (filter.operator === '$in') {
    return (
      Array.isArray(filter.operand) &&
      filter.operand.every((value) => fieldImplies({ ...filter, operator: '$eq', operand: value }, partial))
    );
  }
  if (filter.operator === partial.operator && equalValues(filter.operand, partial.operand)) return true;
  switch (partial.operator) {
    case '$exists':
      return provesPresence(filter);
    case '$gt':
    case '$gte':
    case '$lt':
    case '$lte':
      return rangeImplies(filter, partial.operator, partial.operand);
    default:
      return false;
  }
}

/** Whether a field is certainly there where the filter matches. */
export function provesPresence({ operator, operand }: FieldFilter): boolean {
  switch (operator) {
    case '$exists':
    case '$type':
    case '$regex':
      return true;
    case '$eq':
      return operand !== null;
    case '$in':
      return Array.isArray(operand) && !operand.includes(null);
    case '$gt':
    case '$gte':
    case '$lt':
    case '$lte':
      return !comparesMissing(operand);
    default:
      return false;
  }
}

function rangeImplies(filter: FieldFilter, operator: '$gt' | '$gte' | '$lt' | '$lte', bound: Value): boolean {
  if (!['$eq', '$gt', '$gte', '$lt', '$lte'].includes(filter.operator)) return false;
  if (
    Array.isArray(filter.operand) ||
    filter.operand === null ||
    typePlace(filter.operand) !== typePlace(bound)
  ) {
    return false;
  }
  const order = compareValues(filter.operand, bound);
  const isLower = operator === '$gt' || operator === '$gte';
  if (filter.operator !== '$eq' && (filter.operator === '$gt' || filter.operator === '$gte') !== isLower)
    return false;
  if (order === 0) {
    if (operator === '$gte' || operator === '$lte') return true;
    return filter.operator === operator;
  }
  return isLower ? order > 0 : order < 0;
}
