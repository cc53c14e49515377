import { show } from '../../bson/show';
import { type Document, typeName, type Value } from '../../bson/types';
import { ServerError } from '../../server-error';
import { readExpression } from '../expressions/read';
import { refuseHuge } from '../memory';
import type { ReadStage, StageSetting } from './stage';

export const replaceRoot: ReadStage = (operand, setting) => {
  if (!(operand instanceof Map)) {
    throw new ServerError(
      40229,
      `expected an object as specification for $replaceRoot stage, got ${typeName(operand)}`,
    );
  }
  for (const name of operand.keys()) {
    if (name !== 'newRoot') {
      throw new ServerError(40415, `BSON field '$replaceRoot.${name}' is an unknown field.`);
    }
  }
  const source = operand.get('newRoot');
  if (source === undefined) {
    throw new ServerError(40414, "BSON field '$replaceRoot.newRoot' is missing but a required field");
  }
  return replacing(source, setting, "'newRoot' expression ");
};

export const replaceWith: ReadStage = (operand, setting) =>
  replacing(operand, setting, "'replacement document' ");

function replacing(source: Value, setting: StageSetting, what: string) {
  const expression = readExpression(source, setting);
  return {
    *run(documents: Iterable<Document>) {
      for (const doc of documents) {
        const root = expression.evaluate(doc);
        if (!(root instanceof Map)) {
          throw new ServerError(
            40228,
            `${what}must evaluate to an object, but resulting value was: ${root === undefined ? 'MISSING' : show(root)}. ` +
              `Type of resulting value: '${typeName(root)}'. Input document: ${show(doc)}`,
          );
        }
        refuseHuge(root);
        yield root;
      }
    },
  };
}
