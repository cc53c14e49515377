import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { HmsTokens } from '../hms.tokens';
import { openSandbox, type Sandbox } from '.';

const options = {
  port: { type: 'string', default: '4100' },
  directory: { type: 'string' },
  'time-scale': { type: 'string', default: '1' },
  webhook: { type: 'string' },
  header: { type: 'string', multiple: true },
  help: { type: 'boolean', default: false },
} as const;

const HELP = `npm run sandbox -- [options]

  --port 4100          on 127.0.0.1; 0 lets the system choose
  --directory PATH     where it keeps what it knows; .data/sandbox-PORT by default, for one process at a time
  --webhook URL        where webhooks go, as on the dashboard; kept for the next time
  --header 'name: x'   sent along with each webhook; may be given several times
  --time-scale 1       real seconds for one of its own: 0.01 makes a minute of it 0.6 s
`;

/** Runs the sandbox by itself until a signal ends it: 0 then, 1 and a line on stderr where it cannot start. */
export async function runAlone(args: readonly string[]): Promise<0 | 1> {
  try {
    const settings = readArguments(args);
    if (settings === undefined) {
      process.stdout.write(HELP);
      return 0;
    }
    const stopped = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
    const sandbox = await openSandbox(settings);
    if (settings.webhook) sandbox.control.setWebhook(settings.webhook);
    process.stdout.write(`${greeting(sandbox)}\nready\n`);
    await stopped;
    await sandbox.close();
    return 0;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n`);
    return 1;
  }
}

function readArguments(args: readonly string[]) {
  const { values } = parseArgs({ args: [...args], options, strict: true });
  if (values.help) return undefined;
  const port = numberOf('--port', values.port, 65_535);
  const headers = Object.fromEntries((values.header ?? []).map(headerOf));
  return {
    port,
    directory: values.directory ?? `.data/sandbox-${port}`,
    timeScale: numberOf('--time-scale', values['time-scale'], 1_000),
    webhook: values.webhook === undefined ? undefined : { url: urlOf(values.webhook), headers },
  };
}

function numberOf(name: string, text: string, most: number): number {
  const number = Number(text);
  if (text.trim() !== '' && number >= 0 && number <= most) return number;
  throw new Error(`${name} must be a number from 0 to ${most}, and is "${text}".`);
}

function urlOf(text: string): string {
  if (URL.canParse(text) && /^https?:/.test(text)) return text;
  throw new Error(`--webhook must be an http or https address, and is "${text}".`);
}

function headerOf(text: string): [string, string] {
  const [, name, value] = /^([\w-]+):(.*)$/.exec(text) ?? [];
  if (name !== undefined && value !== undefined) return [name, value.trim()];
  throw new Error(`--header must look like "name: value", and is "${text}".`);
}

/** Where everything is, and something to paste. */
function greeting({ keys, apiUrl, authUrl, controlUrl }: Sandbox): string {
  const { token } = new HmsTokens(keys).managementToken();
  return `A sandbox of 100ms

  API             ${apiUrl}
  auth            ${authUrl}
  control         ${controlUrl}
  access key      ${keys.accessKey}
  app secret      ${keys.secret}

A room, by the API, with a management token that is good for a day:

  curl -s ${apiUrl}/rooms -H 'content-type: application/json' -d '{"name": "demo"}' \\
    -H 'authorization: Bearer ${token}'

A peer in it, by the control:

  curl -s ${controlUrl}/peers -H 'content-type: application/json' \\
    -d '{"room_id": "THE_ID", "user_id": "ana", "role": "host"}'
`;
}
