import type { CompareStrings } from '../../bson/compare';
import { wholeNumber } from '../../bson/numbers';
import { show } from '../../bson/show';
import { type Document, isNumber, type Value } from '../../bson/types';
import { readSort, Sorter, type SortPart } from '../../query/sort';
import { ServerError } from '../../server-error';
import { Holdings } from '../memory';
import type { ReadStage, Stage } from './stage';

export const skip: ReadStage = (operand) => skipping(readCount('$skip', operand, 0));

export const limit: ReadStage = (operand) => limiting(readCount('$limit', operand, 1));

function skipping(count: number): Stage {
  return {
    part: { kind: 'skip', count },
    *run(documents) {
      let at = 0;
      for (const doc of documents) if (++at > count) yield doc;
    },
  };
}

function limiting(count: number): Stage {
  return {
    part: { kind: 'limit', count },
    *run(documents) {
      let at = 0;
      for (const doc of documents) {
        yield doc;
        if (++at >= count) return;
      }
    },
  };
}

function readCount(stage: '$skip' | '$limit', operand: Value, least: number): number {
  const [notNumber, tooSmall] = stage === '$skip' ? [5107200, 5107200] : [5107201, 15958];
  const count = isNumber(operand) ? wholeNumber(operand) : undefined;
  const name = `${stage}: ${show(operand)}`;
  if (!isNumber(operand)) {
    throw new ServerError(notNumber, `invalid argument to ${stage} stage: Expected a number in: ${name}`);
  }
  if (count === undefined) {
    throw new ServerError(notNumber, `invalid argument to ${stage} stage: Expected an integer: ${name}`);
  }
  if (count < 0) {
    throw new ServerError(
      notNumber,
      `invalid argument to ${stage} stage: Expected a non-negative number in: ${name}`,
    );
  }
  if (count < least) throw new ServerError(tooSmall, 'the limit must be positive');
  return count;
}

export const sort: ReadStage = (operand, setting) => {
  if (!(operand instanceof Map)) {
    throw new ServerError(15973, 'the $sort key specification must be an object');
  }
  const parts = readSort(operand);
  if (parts.length === 0) throw new ServerError(15976, '$sort stage must have at least one sort key');
  return sorting(parts, setting);
};

interface SortOptions {
  strings?: CompareStrings | undefined;
  /** Only so many of the sorted documents will be asked for. */
  atMost?: number;
  /** The documents are groups, sorted by their `_id` alone. */
  ofGroups?: boolean;
}

export function sorting(
  parts: readonly SortPart[],
  { strings, atMost = Number.POSITIVE_INFINITY, ofGroups = false }: SortOptions,
): Stage {
  return {
    part: { kind: 'sort', sort: parts },
    *run(documents) {
      const sorter = new Sorter<Document>(parts, strings, atMost, ofGroups);
      const holdings = new Holdings('$sort');
      for (const doc of documents) {
        if (atMost === Number.POSITIVE_INFINITY) holdings.keep(doc);
        sorter.add(doc, doc);
      }
      yield* sorter.sorted();
    },
  };
}
