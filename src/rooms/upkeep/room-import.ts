import { Types } from 'mongoose';
import type { HmsRoom, HmsService } from '../../video/hms.service';
import type { Caller } from '../access/caller';
import type { Gatekeeper } from '../access/gatekeeper';
import { RoomAccess } from '../access/room-grant.model';
import { newEpoch } from '../log/cursor';
import type { Models } from '../models';
import type { WebhookInbox } from '../presence/webhook-inbox';

export interface RoomImportParts {
  readonly models: Models;
  readonly gatekeeper: Gatekeeper;
  readonly inbox: Pick<WebhookInbox, 'reconsider'>;
  readonly hms: Pick<HmsService, 'listRooms'>;
  readonly now: () => Date;
  /** Receives the progress after every page. */
  readonly note: (message: string, facts: object) => void;
}

export interface ImportedRooms {
  /** Rooms that there are at 100ms. */
  readonly found: number;
  /** Of them, those that were not known here. */
  readonly imported: number;
  /** Of those known here, those that are disabled there and were not here. */
  readonly disabled: number;
}

const PAGE = 100;

/** Takes in the rooms that exist at 100ms and not here. */
export class RoomImport {
  constructor(private readonly parts: RoomImportParts) {}

  /**
   * Goes through all rooms of the 100ms account, the disabled ones too, page by page. Safe to repeat: a room that is
   * known here stays as it is, except that disabled there means disabled here.
   *
   * @throws AppError UNAUTHENTICATED, FORBIDDEN for callers other than services; UPSTREAM_REJECTED, UPSTREAM_UNAVAILABLE half
   * way, with what was imported until then kept
   */
  async run(caller: Caller): Promise<ImportedRooms> {
    this.parts.gatekeeper.allow(caller, 'importRooms');
    const sum = { found: 0, imported: 0, disabled: 0 };
    for (const enabled of [true, false]) {
      for await (const page of pagesOf(this.parts.hms.listRooms({ enabled }))) {
        const { imported, disabled } = await this.take(page);
        sum.found += page.length;
        sum.imported += imported;
        sum.disabled += disabled;
        this.parts.note('importing rooms from 100ms', sum);
      }
    }
    return sum;
  }

  private async take(page: readonly HmsRoom[]): Promise<Omit<ImportedRooms, 'found'>> {
    const { models, inbox, now } = this.parts;
    const ids = page.map(({ id }) => id);
    const known = new Set(await models.rooms.distinct('roomId', { roomId: { $in: ids } }));
    const added = page.filter(({ id }) => !known.has(id));
    // One that another import adds at the same moment is refused by the unique index, which is as good.
    if (added.length > 0) {
      await models.rooms.collection
        .bulkWrite(
          added.map((room) => ({
            updateOne: {
              filter: { roomId: room.id },
              update: { $setOnInsert: asStored(room, now()) },
              upsert: true,
            },
          })),
        )
        .then(() => inbox.reconsider(added.map(({ id }) => id)));
    }
    const off = page.filter(({ enabled }) => !enabled).map(({ id }) => id);
    const { modifiedCount } = await models.rooms.updateMany(
      { roomId: { $in: off }, enabled: true },
      { $set: { enabled: false, enabledAsOf: now() } },
    );
    return { imported: added.length, disabled: modifiedCount };
  }
}

/**
 * A room made by Rollcall has our own id for it in its name: it gets that one back. 100ms does not know who was invited, so
 * the room is INVITED: after a restore from an older backup, an OPEN one would let in every user who knows its id.
 */
function asStored(room: HmsRoom, now: Date) {
  const ours = /^rollcall-([0-9a-f]{24})$/.exec(room.name)?.[1];
  return {
    _id: new Types.ObjectId(ours),
    name: room.name,
    description: room.description,
    enabled: room.enabled,
    enabledAsOf: now,
    access: RoomAccess.INVITED,
    createdAt: room.createdAt ?? now,
    participantCount: 0,
    epoch: newEpoch(),
    asOfSeq: 0,
    appId: room.appId,
    templateId: room.templateId,
    maxDurationSeconds: room.maxDurationSeconds,
  };
}

async function* pagesOf<T>(items: AsyncIterable<T>): AsyncGenerator<readonly T[]> {
  let page: T[] = [];
  for await (const item of items) {
    page.push(item);
    if (page.length < PAGE) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}
