import type { HmsService } from '../../video/hms.service';
import type { Room } from '../room.model';

interface Known {
  readonly roles: readonly string[];
  readonly askedAt: number;
}

/** How long a template's roles are taken as known, in milliseconds. */
const FRESH_FOR = 5 * 60_000;
/** A role that is not among them may have been added since; asking again for each such request would be a lever. */
const ASK_AGAIN_AFTER = 10_000;
const MOST_TEMPLATES = 1_000;

/** The roles of 100ms templates, remembered. Role names are case-sensitive, as they are at 100ms. */
export class TemplateRoles {
  private readonly known = new Map<string, Known>();

  constructor(
    private readonly hms: Pick<HmsService, 'getTemplate' | 'getRoom'>,
    /** Milliseconds from any beginning, never set back: a wall clock that is would keep roles that have changed. */
    private readonly elapsedMs: () => number = () => performance.now(),
  ) {}

  /**
   * The roles of a room's template, fetched again if they are old or `wanted` is not among them.
   *
   * @throws HmsError when 100ms must be asked and does not answer
   */
  async of(room: Pick<Room, 'roomId' | 'templateId'>, wanted: string): Promise<readonly string[]> {
    const templateId = room.templateId ?? (await this.hms.getRoom(room.roomId)).templateId ?? '';
    const known = this.known.get(templateId);
    if (known) {
      const age = this.elapsedMs() - known.askedAt;
      if (age < (known.roles.includes(wanted) ? FRESH_FOR : ASK_AGAIN_AFTER)) return known.roles;
    }
    const { roles } = await this.hms.getTemplate(templateId);
    if (this.known.size >= MOST_TEMPLATES) this.known.clear();
    this.known.set(templateId, { roles, askedAt: this.elapsedMs() });
    return roles;
  }
}
