import { wholeNumber } from '../bson/numbers';
import { show } from '../bson/show';
import { isNumber, typeCode, typeName, typeNames, type Value } from '../bson/types';
import { badValue, failedToParse } from '../server-error';

const codes = new Map<string, number>(Object.entries(typeNames).map(([code, name]) => [name, Number(code)]));

/** What `$type` was asked for, as a test of one value. */
export function readTypes(path: string, operand: Value): (value: Value) => boolean {
  const wanted = new Set<number | 'number'>();
  const asked = Array.isArray(operand) ? operand : [operand];
  if (asked.length === 0) throw failedToParse(`${path} must match at least one type`);
  for (const one of asked) wanted.add(readType(one));
  return (value) => wanted.has(typeCode(value)) || (wanted.has('number') && isNumber(value));
}

function readType(value: Value): number | 'number' {
  if (typeof value === 'string') {
    if (value === 'number') return 'number';
    const code = codes.get(value);
    if (code === undefined) throw badValue(`Unknown type name alias: ${value}`);
    return code;
  }
  if (!isNumber(value)) throw typeNeedsNumber(value);
  const code = wholeNumber(value);
  if (code === 0) {
    throw failedToParse('$type: 0 is not supported. Did you mean {$exists: false}?');
  }
  if (code === undefined || !(code in typeNames)) {
    throw badValue(`Invalid numerical type code: ${show(value)}`);
  }
  return code;
}

function typeNeedsNumber(value: Value): Error {
  return badValue(`type must be represented as a number or a string, not ${typeName(value)}`);
}
