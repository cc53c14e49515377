import { badBody } from '../api-error';
import { asObject, type Body, optional } from '../body';
import { type Role, roleFrom } from './template';

/** As for rooms, and spaces. */
const NAME = /^[a-zA-Z0-9.\-:_ ]+$/;

/** What a create or an overwrite of a template says; settings and destinations as they come. */
export interface TemplateBody {
  readonly name: string | undefined;
  readonly roles: Readonly<Record<string, Role>>;
  readonly settings: Body;
  readonly destinations: Body;
}

/** @throws ApiError 400 */
export function readTemplateBody(body: unknown): TemplateBody {
  const given = asObject(body);
  const name = optional(given, 'name', 'string');
  if (name !== undefined && !NAME.test(name)) throw badBody('name');
  const roles = Object.entries(asObject(given['roles']));
  const names = roles.map(([role]) => role);
  return {
    name,
    roles: Object.fromEntries(roles.map(([role, body]) => [role, readRole(role, body, names)])),
    settings: asObject(given['settings']),
    destinations: asObject(given['destinations']),
  };
}

/** @throws ApiError 400 */
export function readRole(name: string, body: unknown, roles: readonly string[]): Role {
  const given = asObject(body);
  const permissions = Object.entries(asObject(given['permissions']));
  if (!permissions.every(([, allowed]) => typeof allowed === 'boolean')) throw badBody('permissions');
  const priority = optional(given, 'priority', 'number');
  if (priority !== undefined && !(priority >= 1 && priority <= 5)) throw badBody('priority');
  const most = optional(given, 'maxPeerCount', 'number');
  if (most !== undefined && !(Number.isInteger(most) && most >= -1)) throw badBody('maxPeerCount');
  const role = {
    ...(given['publishParams'] ? { publishParams: asObject(given['publishParams']) } : {}),
    ...(given['subscribeParams'] ? { subscribeParams: asObject(given['subscribeParams']) } : {}),
    permissions: Object.fromEntries(permissions) as Record<string, boolean>,
    ...(priority === undefined ? {} : { priority }),
    ...(most === undefined ? {} : { maxPeerCount: most }),
  };
  return roleFrom(name, role, roles);
}
