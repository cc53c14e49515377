import type { TestRooms } from './rooms';

/** A command that a driver sent to the database. */
interface Command {
  readonly name: string;
  readonly collection: string;
  readonly updates: readonly Record<string, never>[];
}

/** The address of a database, for connections whose commands can be noted. */
export const noting = (uri: string) => `${uri}?monitorCommands=true`;

/** What a process asks the database while it does something. */
export async function commandsOf(
  process: Pick<TestRooms, 'connection'>,
  doing: () => Promise<unknown>,
): Promise<Command[]> {
  const commands: Command[] = [];
  const note = ({ commandName: name, command }: { commandName: string; command: Record<string, unknown> }) =>
    commands.push({ name, collection: String(command[name]), updates: (command['updates'] ?? []) as never });
  const client = process.connection.getClient();
  client.on('commandStarted', note);
  await doing();
  client.off('commandStarted', note);
  return commands;
}

/** The names of those that are about a collection. */
export const named = (commands: readonly Command[], collection: string) =>
  commands.filter((each) => each.collection === collection).map(({ name }) => name);
