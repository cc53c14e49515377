import { ZERO_TIME } from '../clock';
import type { Workspace } from '../workspace';
import type { Room } from './room';

/** A room as create, get and update show it. Storage credentials are echoed, as 100ms does. */
export function shownRoom(room: Room, { account, templates }: Workspace): object {
  const { recording_info, id, name, enabled, description, template_id, region, ...rest } = room;
  return {
    id,
    name,
    enabled,
    description,
    customer_id: account.customerId,
    app_id: account.appId,
    customer: account.customerId,
    recording_info: recording_info ?? { enabled: false },
    recording_source_template: recording_info === undefined,
    enabled_source_template: recording_info === undefined,
    template_id,
    template: templates.get(template_id)?.name ?? '',
    region,
    ...rest,
  };
}

/** A room as a list shows it: with a key, `recording` in the place of `recording_info`, and no time of update. */
export function listedRoom(room: Room, workspace: Workspace): object {
  const { recording_info, ...shown } = shownRoom(room, workspace) as Record<string, unknown>;
  return {
    ...shown,
    ...(room.recording_info ? { recording: recording_info } : {}),
    key: `${workspace.account.customerId}:${room.name}`,
    updated_at: ZERO_TIME,
  };
}

/** A room as enabling and disabling it shows it: without its template, region and recording. */
export function switchedRoom(room: Room, workspace: Workspace): object {
  const { recording_info: _, app_id: __, ...shown } = shownRoom(room, workspace) as Record<string, unknown>;
  return { ...shown, recording: null, template_id: '', template: '', region: '' };
}
