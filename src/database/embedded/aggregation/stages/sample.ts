import { toNumber } from '../../bson/numbers';
import { type Document, isNumber, type Value } from '../../bson/types';
import { ServerError } from '../../server-error';
import type { ReadStage } from './stage';

/** So many documents by chance, each with the same chance: a reservoir, so that only those are held. */
export const sample: ReadStage = (operand) => {
  const size = readSize(operand);
  return {
    *run(documents) {
      const chosen: Document[] = [];
      let seen = 0;
      for (const doc of documents) {
        seen += 1;
        if (chosen.length < size) chosen.push(doc);
        else {
          const place = Math.floor(Math.random() * seen);
          if (place < size) chosen[place] = doc;
        }
      }
      yield* shuffled(chosen);
    },
  };
};

function shuffled(documents: Document[]): Document[] {
  for (let i = documents.length - 1; i > 0; i--) {
    const other = Math.floor(Math.random() * (i + 1));
    [documents[i], documents[other]] = [documents[other] as Document, documents[i] as Document];
  }
  return documents;
}

function readSize(operand: Value): number {
  if (!(operand instanceof Map)) {
    throw new ServerError(28745, 'the $sample stage specification must be an object');
  }
  for (const name of operand.keys()) {
    if (name !== 'size') throw new ServerError(28748, `unrecognized option to $sample: ${name}`);
  }
  const size = operand.get('size');
  if (size === undefined) throw new ServerError(28749, '$sample stage must specify a size');
  if (!isNumber(size)) throw new ServerError(28746, 'size argument to $sample must be a number');
  const number = Math.trunc(toNumber(size));
  if (!(number > 0)) throw new ServerError(28747, 'size argument to $sample must be a positive integer');
  return number;
}
