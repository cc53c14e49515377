import { randomUUID } from 'node:crypto';
import type { Connection } from 'mongoose';
import { type Commands, driverCommands } from '../database/commands';
import { durableReadConcern } from '../database/connect';
import { ensureIndexes } from '../database/indexes';
import type { EventBus } from '../events/event-bus';
import { type Meter, silentMeter } from '../figures';
import type { Traces } from '../spans';
import type { HmsService } from '../video/hms.service';
import { AccessService } from './access/access.service';
import { AccessNews } from './access/access-news';
import { entryFactsOf } from './access/entry-facts';
import { Gatekeeper } from './access/gatekeeper';
import { InvitationsService } from './access/invitations.service';
import { Logins } from './access/logins';
import { TemplateRoles } from './access/template-roles';
import { TokenAuditService } from './access/token-audit.service';
import { type AskTokenFacts, mintedFactsOf } from './access/token-facts';
import { Watches } from './access/watches';
import { HeadWatch } from './feed/head-watch';
import { RoomFeed } from './feed/room-feed';
import { RoomTails } from './feed/room-tails';
import { loadCursors } from './log/cursor';
import { LogKeeping } from './log/log-keeping';
import { RoomLog } from './log/room-log';
import { openModels } from './models';
import { AbandonedPresences } from './presence/abandoned-presences';
import { MissedWebhooks } from './presence/missed-webhooks';
import { PeerPresence } from './presence/peer-presence';
import { PresenceService } from './presence/presence.service';
import { Reconciler } from './presence/reconciler';
import { WebhookInbox } from './presence/webhook-inbox';
import { Removals } from './removals/removals';
import { RoomService } from './room.service';
import { closeOverlongSessions } from './upkeep/overlong-sessions';
import { ProcessLease } from './upkeep/process-lease';
import { RoomImport } from './upkeep/room-import';
import { type Turn, Upkeep } from './upkeep/upkeep';
import { UpkeepLease } from './upkeep/upkeep-lease';

export interface RoomsSettings {
  readonly templateId?: string | undefined;
  readonly appId?: string | undefined;
  readonly guestRole: string;
  /** Whether other processes may work on the same database. */
  readonly severalProcesses: boolean;
  readonly leaseSeconds: number;
  readonly graceSeconds: number;
  /** How long a process counts as alive without saying so: what a killed one held is lost then. */
  readonly processLeaseSeconds?: number;
  /** See `PresenceParts`. */
  readonly devicesPerUser: number;
  /** How often rooms are compared with what 100ms says; 0: never. */
  readonly reconcileSeconds: number;
  /** See `ReconcilerParts`. */
  readonly onlyKnownSessions: boolean;
  readonly keepEntries: number;
  readonly keepHours: number;
  readonly queueAtMost: number;
  readonly replayAtMost: number;
}

/** What a killed process leaves undone for, at most. */
const UPKEEP_LEASE_SECONDS = 15;

/** For a database that only this process can have open. */
const alwaysMine: Turn = { isMine: true, hold: async () => true, release: async () => undefined };

export interface RoomsParts {
  readonly connection: Connection;
  readonly hms: HmsService;
  readonly bus: EventBus;
  readonly now: () => Date;
  readonly meter?: Meter;
  /** What is asked of the database most; by the driver, unless told otherwise. */
  readonly commands?: Commands | undefined;
  /** How often a collection was written to, by any process; undefined with a MongoDB server, which does not count. */
  readonly countWrites?: ((collection: string) => () => number) | undefined;
  /** Undefined while traces are off. */
  readonly traces?: Traces | undefined;
  /** Receives errors of background tasks: `what` names the part, `about` the room, event or task. */
  readonly report: (error: unknown, what: string, about: string) => void;
  /** Receives the progress of long work. */
  readonly note: (message: string, facts: object) => void;
}

/** Everything that doors may ask of rooms. */
export interface Rooms {
  readonly rooms: RoomService;
  readonly access: AccessService;
  readonly invitations: InvitationsService;
  readonly tokenAudit: TokenAuditService;
  readonly logins: Logins;
  readonly presence: PresenceService;
  readonly feed: RoomFeed;
  readonly inbox: WebhookInbox;
  readonly roomImport: RoomImport;
  /** Since when a stored room has not been true to its log; undefined while all are. */
  behindSince(): Date | undefined;
  /** The background tasks, with their schedule. */
  readonly upkeep: Upkeep;
  /** Stops background tasks and waits for the running ones. */
  close(): Promise<void>;
}

/**
 * Builds what this project is about upon a database, a video service and a bus: makes and verifies the indexes,
 * repairs what a crash left half done, then keeps leases, inbox and logs in order until it is closed.
 */
export async function openRooms(settings: RoomsSettings, parts: RoomsParts): Promise<Rooms> {
  const { connection, hms, bus, now, meter = silentMeter, traces, countWrites } = parts;
  const { commands = driverCommands } = parts;
  const reportAs = (what: string) => (error: unknown, about: string) => parts.report(error, what, about);
  const models = openModels(connection, await durableReadConcern(connection));
  await ensureIndexes(connection);

  const cursors = await loadCursors(models);
  bus.authenticateWith(cursors.keyFor('bus'));

  const gatekeeper = new Gatekeeper(models);
  const watches = new Watches(gatekeeper);
  const logins = new Logins(models, now);
  const news = new AccessNews(bus, { models, watches, logins, now });
  await news.listen(reportAs('access'));
  const roles = new TemplateRoles(hms);
  const { guestRole } = settings;
  const countRooms = countWrites?.(models.rooms.collection.collectionName);
  const mintedFacts = mintedFactsOf(
    models,
    commands,
    countWrites?.(models.mintedTokens.collection.collectionName),
  );
  const tokenFacts: AskTokenFacts = async (holder) => (await mintedFacts(holder)).newest;
  const countGrants = countWrites?.(models.grants.collection.collectionName);
  const entryFacts = entryFactsOf({ models, commands, mintedFacts, countGrants });
  const log = new RoomLog({
    models,
    bus,
    now,
    meter,
    traces,
    commands,
    severalProcesses: settings.severalProcesses,
    countRooms,
    countEntries: countWrites?.(models.events.collection.collectionName),
    report: reportAs('room log'),
  });
  const tails = new RoomTails({ log, bus, now, meter, traces, report: reportAs('room tail') });
  const heads = new HeadWatch({ models, tails, bus, report: reportAs('room heads') });
  const { leaseSeconds, graceSeconds, processLeaseSeconds = UPKEEP_LEASE_SECONDS } = settings;
  const processLease = new ProcessLease({
    models,
    seconds: processLeaseSeconds,
    isAlone: !settings.severalProcesses,
  });
  const [note, report] = [parts.note, reportAs('removals')];
  const removals = new Removals({ models, log, hms, entryFacts, now, meter, note, report });
  const presence = new PresenceService({
    ...{ models, gatekeeper, log, now, tokenFacts, entryFacts, removals, processId: processLease.id },
    ...settings,
  });
  const abandoned = new AbandonedPresences({ models, log, now, graceSeconds, processes: processLease });
  const peers = new PeerPresence({ models, log, now, tokenFacts, entryFacts, removals, graceSeconds });
  const inbox = new WebhookInbox({
    models,
    peers,
    now,
    meter,
    traces,
    appId: settings.appId,
    report: reportAs('inbox'),
  });
  const keeping = new LogKeeping({ models, log, now, ...settings });

  const reconciler = new Reconciler({
    models,
    log,
    peers,
    entryFacts,
    removals,
    hms,
    now,
    meter,
    onlyKnownSessions: settings.onlyKnownSessions,
    report: reportAs('reconciler'),
  });
  const missed = new MissedWebhooks({ models, hms, now });

  await keeping.repair();
  await inbox.sweep();
  await processLease.renew();
  if (!settings.severalProcesses) while ((await abandoned.lose()) > 0);
  const turn = settings.severalProcesses
    ? new UpkeepLease({ models, seconds: UPKEEP_LEASE_SECONDS })
    : alwaysMine;
  const upkeep = new Upkeep(
    [
      {
        name: 'overdue presences',
        everySeconds: Math.min(1, leaseSeconds / 4),
        run: () => presence.endOverdue(),
      },
      {
        name: 'held presences',
        everySeconds: leaseSeconds / 3,
        everywhere: true,
        run: () => presence.renewHeld(),
      },
      ...(settings.severalProcesses
        ? [
            { name: 'access', everySeconds: 1, everywhere: true, run: () => news.look() },
            {
              name: 'process lease',
              everySeconds: processLeaseSeconds / 3,
              everywhere: true,
              run: async () => {
                if (await processLease.renew()) await presence.reassertHeld();
              },
            },
            { name: 'abandoned presences', everySeconds: 1, run: () => abandoned.lose() },
          ]
        : []),
      { name: 'inbox', everySeconds: 5, run: () => inbox.sweep() },
      { name: 'removals', everySeconds: 5, run: () => removals.workOff() },
      { name: 'checkpoint', everySeconds: 10, everywhere: true, run: () => keeping.checkpoint() },
      { name: 'abandoned folds', everySeconds: 60, run: () => keeping.repairAbandoned() },
      { name: 'trim', everySeconds: 60, run: () => keeping.trim() },
      {
        name: 'overlong sessions',
        everySeconds: 60,
        run: () => closeOverlongSessions({ models, peers }, now()),
      },
      ...(settings.reconcileSeconds > 0
        ? [
            // Asked for before the first comparison: what is sent again says more than a list does.
            { name: 'missed webhooks', everySeconds: 300, atStart: true, run: () => missed.ask() },
            {
              name: 'reconcile',
              everySeconds: settings.reconcileSeconds,
              atStart: true,
              run: () => reconciler.round(),
            },
          ]
        : []),
    ],
    turn,
    reportAs('upkeep'),
    meter,
  );
  meter.read('upkeep_lease_held', () => Number(turn.isMine));
  meter.read('watched_rooms', () => tails.watched().length);
  meter.read('inbox_pending', async () => (await inbox.backlog()).pending);
  meter.read('inbox_oldest_age_seconds', async () => (await inbox.backlog()).oldestAgeSeconds);
  meter.read('removals_pending', () => removals.pending());
  await upkeep.start();
  heads.start();

  return {
    rooms: new RoomService({
      models,
      gatekeeper,
      news,
      hms,
      log,
      cursors,
      now,
      countRooms,
      templateId: settings.templateId,
    }),
    access: new AccessService({
      models,
      commands,
      gatekeeper,
      roles,
      guestRole,
      tokens: hms.tokens,
      now,
      countRooms,
      newGuestId: () => `guest-${randomUUID()}`,
    }),
    invitations: new InvitationsService({ models, gatekeeper, news, removals, roles, now, guestRole }),
    tokenAudit: new TokenAuditService({ models, gatekeeper, news, removals, now }),
    logins,
    presence,
    feed: new RoomFeed({ log, tails, cursors, watches, now, meter, ...settings }),
    inbox,
    roomImport: new RoomImport({ models, gatekeeper, inbox, hms, now, note }),
    upkeep,
    behindSince: () => {
      const since = log.dirty().map((room) => room.since.getTime());
      return since.length > 0 ? new Date(Math.min(...since)) : undefined;
    },
    close: async () => {
      await heads.close();
      await Promise.all([upkeep.close(), inbox.close(), removals.close()]);
      await processLease.release().catch((error: unknown) => parts.report(error, 'upkeep', 'process lease'));
      await log.folded();
    },
  };
}
