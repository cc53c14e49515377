import { ApiError, badBody } from '../api-error';
import { asObject, optional, withoutUndefined } from '../body';
import type { Collection } from '../collection';
import type { Template } from '../templates/template';
import type { Room, RoomWebhook } from './room';

/** What a create or an update may set. */
export type RoomSettings = Partial<
  Pick<
    Room,
    | 'name'
    | 'enabled'
    | 'description'
    | 'template_id'
    | 'region'
    | 'recording_info'
    | 'size'
    | 'large_room'
    | 'max_duration_seconds'
    | 'polls'
    | 'webhook'
  >
>;

const NAME = /^[a-zA-Z0-9.\-:_]+$/;
const REGIONS = ['in', 'us', 'eu', 'auto'];
const STORES = ['s3', 'gs', 'oss', 'azure'];
const SHORTEST = 120;
const LONGEST = 43_200;
const LARGEST = 2_500;
const LARGEST_OF_LARGE = 20_000;

/**
 * What a body asks for, members that 100ms does not know left out.
 *
 * @throws ApiError 400 in the documented words
 */
export function readRoomBody(body: unknown, templates: Collection<Template>): RoomSettings {
  const given = asObject(body);
  if ('template' in given) throw badBody('template. Use template_id');
  const settings = {
    name: optional(given, 'name', 'string'),
    enabled: optional(given, 'enabled', 'boolean'),
    description: optional(given, 'description', 'string'),
    template_id: optional(given, 'template_id', 'string') || undefined,
    region: optional(given, 'region', 'string') || undefined,
    large_room: optional(given, 'large_room', 'boolean'),
    size: optional(given, 'size', 'number'),
    max_duration_seconds: optional(given, 'max_duration_seconds', 'number'),
    polls: textsOf(given['polls']),
    webhook: webhookOf(given['webhook']),
    recording_info: recordingOf(given['recording_info']),
  };
  const { name, template_id, region, max_duration_seconds: seconds } = settings;
  if (name !== undefined && name !== '' && !NAME.test(name)) throw badBody('name');
  if (region !== undefined && !REGIONS.includes(region))
    throw new ApiError(400, 'Error: region not supported');
  if (template_id !== undefined && !templates.get(template_id)) {
    throw new ApiError(400, 'Error: template not found');
  }
  if (seconds !== undefined && !(seconds >= SHORTEST)) {
    throw badBody(`max_duration_seconds less than ${SHORTEST} seconds`);
  }
  if (seconds !== undefined && seconds > LONGEST) {
    throw badBody(`max_duration_seconds greater than ${LONGEST} seconds`);
  }
  return withoutUndefined(settings);
}

/** @throws ApiError 400 where the size needs a flag, or is beyond everything; seen against the room as it will be */
export function checkSize({ size, large_room }: Pick<RoomSettings, 'size' | 'large_room'>): void {
  if (size === undefined) return;
  if (!Number.isInteger(size) || size < 0) throw badBody('size');
  if (size > LARGEST_OF_LARGE) throw badBody(`room size greater than ${LARGEST_OF_LARGE}`);
  if (size > LARGEST && large_room !== true) {
    throw badBody(`room size greater than ${LARGEST}, set large_room flag as true`);
  }
}

function textsOf(value: unknown): string[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  throw badBody('polls');
}

function webhookOf(value: unknown): RoomWebhook | undefined {
  if (value === undefined || value === null) return undefined;
  const { url, headers } = asObject(value);
  if (typeof url !== 'string' || !URL.canParse(url)) throw badBody('webhook.url');
  const pairs = Object.entries(asObject(headers));
  if (!pairs.every(([, header]) => typeof header === 'string')) throw badBody('webhook.headers');
  return pairs.length === 0 ? { url } : { url, headers: Object.fromEntries(pairs) as Record<string, string> };
}

function recordingOf(value: unknown): object | undefined {
  if (value === undefined || value === null) return undefined;
  const recording = asObject(value);
  const { upload_info: upload } = recording;
  if (upload === undefined || upload === null) return recording;
  const { type, location, credentials } = asObject(upload);
  if (typeof location !== 'string' || location === '') throw new ApiError(400, 'Bucket location is missing');
  const { key, secret } = asObject(credentials);
  const hasBothOrNone = credentials === undefined || (typeof key === 'string' && typeof secret === 'string');
  if (!STORES.includes(String(type)) || !hasBothOrNone)
    throw new ApiError(400, 'Invalid upload configuration');
  return recording;
}
