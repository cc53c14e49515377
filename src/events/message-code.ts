import { createHmac, timingSafeEqual } from 'node:crypto';

const CODE_BYTES = 16;

/** How a message with a code begins. Older versions ignore the code and read the members beside it. */
const sealed = /^\{"from":"[\w-]{1,64}","code":"([\w-]{22})","message":/;

/** Writes a message of one channel, with its authentication code where there is a key. */
export function writeMessage(
  channel: string,
  from: string,
  message: unknown,
  key: Buffer | undefined,
): string {
  const text = JSON.stringify(message) ?? 'null';
  const code = key && codeOf(channel, text, key).toString('base64url');
  return code
    ? `{"from":"${from}","code":"${code}","message":${text}}`
    : `{"from":"${from}","message":${text}}`;
}

/** The JSON of a message whose code is right for its channel; undefined for every other text. */
export function authenticMessage(channel: string, text: string, key: Buffer | undefined): string | undefined {
  const match = key && sealed.exec(text);
  if (!match?.[1] || !text.endsWith('}')) return undefined;
  const message = text.slice(match[0].length, -1);
  const given = Buffer.from(match[1], 'base64url');
  return timingSafeEqual(given, codeOf(channel, message, key as Buffer)) ? message : undefined;
}

/** The channel is part of it: a message of one room is not valid in another. */
function codeOf(channel: string, message: string, key: Buffer): Buffer {
  return createHmac('sha256', key).update(`${channel}\n${message}`).digest().subarray(0, CODE_BYTES);
}
