import type { CompareStrings } from '../bson/compare';
import { wholeNumber } from '../bson/numbers';
import { show } from '../bson/show';
import type { Document, Value } from '../bson/types';
import { typeName } from '../bson/types';
import { badValue, leftOut, ServerError, typeMismatch } from '../server-error';

const options = new Set([
  'locale',
  'strength',
  'caseLevel',
  'caseFirst',
  'numericOrdering',
  'alternate',
  'maxVariable',
  'normalization',
  'backwards',
  'version',
]);

const sensitivities: Record<number, Intl.CollatorOptions['sensitivity']> = {
  1: 'base',
  2: 'accent',
  3: 'variant',
};

/**
 * The comparison that a command's `collation` asks for; undefined for the usual one, by bytes.
 * ICU, which Node has built in, does the same work here as in a real server.
 */
export function readCollation(value: Value | undefined): CompareStrings | undefined {
  if (value === undefined) return undefined;
  if (!(value instanceof Map)) {
    throw typeMismatch(
      `BSON field 'collation' is the wrong type '${typeName(value)}', expected type 'object'`,
    );
  }
  if (value.size === 0) return undefined;
  for (const name of value.keys()) {
    if (!options.has(name))
      throw new ServerError(40415, `BSON field 'collation.${name}' is an unknown field.`);
  }
  const locale = value.get('locale');
  if (locale === undefined) {
    throw new ServerError(40414, "BSON field 'collation.locale' is missing but a required field");
  }
  if (typeof locale !== 'string') {
    throw typeMismatch(
      `BSON field 'collation.locale' is the wrong type '${typeName(locale)}', expected type 'string'`,
    );
  }
  if (locale === 'simple') return undefined;
  return comparisonOf(locale, value);
}

function comparisonOf(locale: string, value: Document): CompareStrings {
  const tag = locale.replace(/@.*/, '').replaceAll('_', '-');
  if (!isKnownLocale(tag)) throw badValue(`Field 'locale' is invalid in: ${show(value)}`);
  const strength = wholeNumber(value.get('strength') ?? 3);
  const sensitivity = strength === undefined ? undefined : sensitivities[strength];
  if (sensitivity === undefined) throw leftOut(`collation strength ${show(value.get('strength'))}`);
  if (value.get('backwards') === true) throw leftOut('collation option backwards');
  if (value.get('maxVariable') !== undefined) throw leftOut('collation option maxVariable');
  const caseLevel = value.get('caseLevel') === true;
  if (caseLevel && strength === 2) throw leftOut('collation option caseLevel with strength 2');
  const first = value.get('caseFirst');
  const collator = new Intl.Collator(tag, {
    usage: 'sort',
    sensitivity: caseLevel && strength === 1 ? 'case' : sensitivity,
    numeric: value.get('numericOrdering') === true,
    ignorePunctuation: value.get('alternate') === 'shifted',
    caseFirst: first === 'upper' || first === 'lower' ? first : 'false',
  });
  return (a, b) => collator.compare(a, b);
}

function isKnownLocale(tag: string): boolean {
  try {
    return Intl.Collator.supportedLocalesOf(tag).length > 0;
  } catch {
    return false;
  }
}
