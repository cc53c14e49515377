import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

const root = join(__dirname, '..', '..');
const read = (...path: string[]): string => readFileSync(join(root, ...path), 'utf8');

type Environment = Record<string, string>;

/** What the image itself sets. */
export function environmentOfImage(): Environment {
  const [, line = ''] = /^ENV (.*)$/m.exec(read('Dockerfile')) ?? [];
  return Object.fromEntries(line.split(' ').map((one) => one.split('=') as [string, string]));
}

/**
 * The environment of one instance of `deploy/compose.yaml`, with the image's. `given` are the variables of the caller's
 * shell, which the file fills in; one that the file insists on (`${NAME:?…}`) and `given` lacks is an error.
 */
export function environmentOfCompose(given: Environment): Environment {
  const { services } = parse(read('deploy', 'compose.yaml'), { merge: true });
  const declared = services['rollcall-1'].environment as Environment;
  const fill = (value: string) =>
    value.replace(/\$\{(\w+):([?-])(.*?)\}/g, (_, name: string, kind: string, rest: string) => {
      const own = given[name];
      if (own === undefined && kind === '?') throw new Error(`deploy/compose.yaml needs ${name}: ${rest}`);
      return own ?? rest;
    });
  const filled = Object.entries(declared).map(([name, value]) => [name, fill(String(value))] as const);
  return { ...environmentOfImage(), ...Object.fromEntries(filled) };
}

/**
 * The environment of a pod of `deploy/kubernetes`, with the image's: its config map, and its example of a secret with
 * `filledIn` in the place of what an operator has to fill in.
 */
export function environmentOfKubernetes(filledIn: Environment): Environment {
  const { data } = parse(read('deploy', 'kubernetes', 'config.yaml'));
  const { stringData } = parse(read('deploy', 'kubernetes', 'secret.example.yaml'));
  for (const name of Object.keys(filledIn))
    if (!(name in stringData)) throw new Error(`deploy/kubernetes/secret.example.yaml does not have ${name}`);
  return { ...environmentOfImage(), ...data, ...stringData, ...filledIn };
}
