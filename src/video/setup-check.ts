import { setTimeout as pause } from 'node:timers/promises';
import { HmsError } from './hms.error';
import type { HmsService } from './hms.service';

/** What is wrong with each part of the setup at 100ms, in a sentence that says what to do. Undefined: nothing is. */
export type SetupFindings = Readonly<Record<SetupSubject, string | undefined>>;
type SetupSubject = 'keys' | 'template' | 'guest role';

export interface SetupCheckParts {
  readonly hms: Pick<HmsService, 'rejectsKeys' | 'getTemplate' | 'listTemplates'>;
  /** Undefined: new rooms get the default template of the account, which the API of 100ms does not name. */
  readonly templateId?: string | undefined;
  readonly guestRole: string;
  /** Called with each finding that differs from the one before; the first ones included, where something is wrong. */
  readonly onChange: (subject: SetupSubject, message: string | undefined) => void;
  /** Until the next check, after one that found nothing wrong, and after one that did. */
  readonly pauseMs?: { readonly good: number; readonly bad: number };
}

const PAUSE_MS = { good: 5 * 60_000, bad: 15_000 };
/** How long a start waits for the first check. */
const START_WAIT_MS = 2_000;
const MAX_TEMPLATES = 100;
const MAX_ROLES_SHOWN = 20;

const KEYS_REJECTED =
  '100ms rejects the credentials (401). Compare API_KEY and APP_SECRET with the Developer page of your 100ms dashboard.';

/**
 * Checks at the start, and again and again after it, that the settings fit the 100ms account: that it accepts the keys, has the template,
 * and that the template has the guest role. A wrong one of them lets the service start and then fails each call that needs it.
 */
export class SetupCheck {
  private known: Omit<SetupFindings, 'keys'> = notYet('100ms has not answered.');
  private reported: SetupFindings = { keys: undefined, template: undefined, 'guest role': undefined };
  private hasChecked = false;
  private readonly stopped = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(private readonly parts: SetupCheckParts) {}

  get findings(): SetupFindings {
    return { keys: this.parts.hms.rejectsKeys ? KEYS_REJECTED : undefined, ...this.known };
  }

  /** Resolves after the first check, or after 2 s: a 100ms that is slow must not hold up a start. */
  async start(): Promise<void> {
    const first = this.check();
    this.running = first.then(() => this.repeat());
    await Promise.race([first, pause(START_WAIT_MS, undefined, { ref: false })]);
  }

  async close(): Promise<void> {
    this.stopped.abort();
    await this.running;
  }

  private async repeat(): Promise<void> {
    const { good, bad } = this.parts.pauseMs ?? PAUSE_MS;
    const { signal } = this.stopped;
    for (;;) {
      const isGood = Object.values(this.findings).every((message) => message === undefined);
      await pause(isGood ? good : bad, undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted) return;
      await this.check();
    }
  }

  private async check(): Promise<void> {
    try {
      this.known = await this.look();
      this.hasChecked = true;
    } catch (error) {
      // What an earlier check found stays true until another one can be made.
      const reason = error instanceof HmsError ? error.message : 'The check failed.';
      if (!this.hasChecked) this.known = notYet(reason);
    }
    if (!this.stopped.signal.aborted) this.reportChanges();
  }

  private reportChanges(): void {
    const { findings } = this;
    for (const subject of Object.keys(findings) as SetupSubject[]) {
      if (findings[subject] !== this.reported[subject]) this.parts.onChange(subject, findings[subject]);
    }
    this.reported = findings;
  }

  private async look(): Promise<Omit<SetupFindings, 'keys'>> {
    const { hms, templateId } = this.parts;
    const { signal } = this.stopped;
    if (templateId === undefined) return this.lookAtAll();
    try {
      const { name, roles } = await hms.getTemplate(templateId, signal);
      return this.judge(roles, `the template "${name}" of HMS_TEMPLATE_ID`);
    } catch (error) {
      if (!(error instanceof HmsError && error.isDefiniteNotFound)) throw error;
      const template = `HMS_TEMPLATE_ID "${templateId}" is not a template of this 100ms account. Copy the id from your 100ms dashboard, or unset it to use the default template.`;
      return { template, 'guest role': `Not checked yet: there is no template to check it against.` };
    }
  }

  /** Which template is the default one is not known, so that one with the role is enough. */
  private async lookAtAll(): Promise<Omit<SetupFindings, 'keys'>> {
    const roles = new Set<string>();
    let count = 0;
    for await (const template of this.parts.hms.listTemplates(this.stopped.signal)) {
      for (const role of template.roles) roles.add(role);
      count += 1;
      if (count >= MAX_TEMPLATES) break;
    }
    if (count > 0) return this.judge([...roles], 'any template of this 100ms account');
    const template = 'This 100ms account has no template. Create one on your 100ms dashboard.';
    return { template, 'guest role': `Not checked yet: there is no template to check it against.` };
  }

  private judge(roles: readonly string[], where: string): Omit<SetupFindings, 'keys'> {
    const { guestRole } = this.parts;
    if (roles.includes(guestRole)) return { template: undefined, 'guest role': undefined };
    const shown = roles.slice(0, MAX_ROLES_SHOWN).join(', ') || 'none';
    const message = `GUEST_ROLE "${guestRole}" is not a role of ${where}: guests of open rooms get no token. Set it to one of the roles, or add the role on your 100ms dashboard. Roles: ${shown}.`;
    return { template: undefined, 'guest role': message };
  }
}

function notYet(reason: string): Omit<SetupFindings, 'keys'> {
  const message = `Not checked yet: ${reason}`;
  return { template: message, 'guest role': message };
}
