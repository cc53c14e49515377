import mongoose from 'mongoose';
import type { Target, TargetHere } from '../targets';
import { type Answer, ask, commandsOf, isSame, shown } from './ask';
import type { KnownDifference } from './differences';
import type { Case, Command } from './operations';

const { EJSON } = mongoose.mongo.BSON;

/** Sends two servers the same commands, and counts the answers. */
export class Comparison implements AsyncDisposable {
  private ours: Target | undefined;
  private theirs: Target | undefined;
  /** Commands answered by both. */
  operations = 0;
  /** How often each known difference showed. */
  readonly explained = new Map<KnownDifference['name'], number>();

  constructor(
    private readonly us: TargetHere,
    private readonly them: TargetHere,
    private readonly known: readonly KnownDifference[],
  ) {}

  /** @throws Error that shows both answers, where they differ in a way that nothing known explains */
  async check(one: Case): Promise<void> {
    this.ours ??= await this.us.open();
    this.theirs ??= await this.them.open();
    const ours = await ask(this.ours, one);
    const theirs = await ask(this.theirs, one);
    for (const [i, command] of commandsOf(one).entries()) {
      const answers = { ours: ours[i] as Answer, theirs: theirs[i] as Answer };
      this.operations += 1;
      if (isSame(answers.ours, answers.theirs)) continue;
      const known = this.known.find(({ explains }) => explains({ one, command, ...answers }));
      if (!known) throw new Error(disagreement(one, command, answers.ours, answers.theirs));
      this.explained.set(known.name, (this.explained.get(known.name) ?? 0) + 1);
      // After a change with two outcomes there is nothing left to compare.
      if ('createIndexes' in command || 'insert' in command || command === one.write) return;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.ours?.[Symbol.asyncDispose]();
    await this.theirs?.[Symbol.asyncDispose]();
  }
}

function disagreement(one: Case, command: Command, ours: Answer, theirs: Answer): string {
  const lines = [
    `indexes:   ${EJSON.stringify(one.indexes, { relaxed: false })}`,
    `documents: ${EJSON.stringify(one.documents, { relaxed: false })}`,
    ...(command === one.write || one.reads.includes(command)
      ? []
      : [`written: ${EJSON.stringify(one.write, { relaxed: false })}`]),
    `command:   ${EJSON.stringify(command, { relaxed: false })}`,
    `ours:      ${shown(ours)}`,
    `theirs:    ${shown(theirs)}`,
  ];
  return `The servers disagree.\n${lines.join('\n')}`;
}
