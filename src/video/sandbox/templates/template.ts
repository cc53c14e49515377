import type { Account } from '../account';
import type { SandboxClock } from '../clock';

export interface Role {
  readonly name: string;
  readonly publishParams: object;
  readonly subscribeParams: object;
  readonly permissions: Readonly<Record<string, boolean>>;
  /** 1 to 5. */
  readonly priority: number;
  /** 0: any number; -1: no peer may join. */
  readonly maxPeerCount: number;
}

/** A template as 100ms has it: unlike everything else, in camel case. */
export interface Template {
  readonly id: string;
  readonly name: string;
  readonly customerId: string;
  readonly roles: Readonly<Record<string, Role>>;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly destinations: Readonly<Record<string, unknown>>;
  readonly recordings: readonly unknown[];
  readonly isDefault: boolean;
  readonly createdAt: string;
  readonly updatedAt: string;
}

const DEFAULT_ROLES = ['host', 'guest'];

/** Those that a role has unless it says otherwise. */
const everybodyMay = {
  rtmpStreaming: true,
  hlsStreaming: true,
  browserRecording: true,
  sendRoomState: false,
  pollRead: false,
  pollWrite: false,
};
const hostsMay = { endRoom: true, removeOthers: true, mute: true, unmute: true, changeRole: true };

/** A role with what it leaves open filled in. */
export function roleFrom(name: string, given: Partial<Role>, roles: readonly string[]): Role {
  return {
    name,
    publishParams: given.publishParams ?? {
      allowed: ['audio', 'video', 'screen'],
      audio: { bitRate: 32, codec: 'opus' },
      video: { bitRate: 300, codec: 'vp8', frameRate: 30, width: 480, height: 360 },
      screen: { codec: 'vp8', frameRate: 10, width: 1920, height: 1080 },
      simulcast: { video: {}, screen: {} },
    },
    subscribeParams: given.subscribeParams ?? {
      subscribeToRoles: roles,
      maxSubsBitRate: 3200,
      subscribeDegradation: {
        packetLossThreshold: 25,
        degradeGracePeriodSeconds: 1,
        recoverGracePeriodSeconds: 4,
      },
    },
    permissions: { ...everybodyMay, ...given.permissions },
    priority: given.priority ?? 1,
    maxPeerCount: given.maxPeerCount ?? 0,
  };
}

/** A template with what it leaves open filled in. */
export function newTemplate(
  { account, clock }: { account: Account; clock: SandboxClock },
  given: Pick<Template, 'name' | 'roles'> &
    Partial<Pick<Template, 'settings' | 'destinations' | 'isDefault'>>,
): Template {
  const at = clock.timestamp();
  return {
    id: clock.objectId(),
    customerId: account.customerId,
    destinations: {},
    recordings: [],
    isDefault: false,
    createdAt: at,
    updatedAt: at,
    ...given,
    settings: {
      region: 'in',
      recording: null,
      roomState: { messageInterval: 5, sendPeerList: false, stopRoomStateOnJoin: true, enabled: false },
      retry: {},
      ...given.settings,
    },
  };
}

/** The template of rooms that name none: roles host and guest. */
export function defaultTemplate(parts: { account: Account; clock: SandboxClock }): Template {
  return newTemplate(parts, {
    name: 'sandbox-default',
    roles: {
      host: roleFrom('host', { permissions: hostsMay }, DEFAULT_ROLES),
      guest: roleFrom('guest', {}, DEFAULT_ROLES),
    },
    isDefault: true,
  });
}

/** As 100ms shows it, with the second names that it repeats. */
export function shownTemplate({ recordings: _, isDefault: __, ...template }: Template): object {
  return { ...template, _id: template.id, customer: template.customerId };
}
