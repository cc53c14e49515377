import { z } from 'zod';
import { id } from '../shapes';
import { type HmsVerbs, path } from './verbs';

const words = z.record(z.string(), z.unknown());

const hmsTemplate = z
  .object({ id, name: z.string(), roles: words })
  .transform(({ id, name, roles }) => ({ id, name, roles: Object.keys(roles) as readonly string[] }));

const hmsRole = z.looseObject({
  name: z.string(),
  priority: z.number().optional().catch(undefined),
  /** 0 or absent: any number; -1: no peer may join. */
  maxPeerCount: z.number().optional().catch(undefined),
  permissions: z.record(z.string(), z.boolean()).catch({}),
});

/** A template: who may be what in the rooms made from it. Role names are case-sensitive. */
export type HmsTemplate = z.infer<typeof hmsTemplate>;
/** A role, with 100ms's further members of it as they are. */
export type HmsRole = z.infer<typeof hmsRole>;

/** A role or a template in the words of 100ms, which here are in camel case on both sides. */
export type HmsWords = Readonly<Record<string, unknown>>;

type Part = 'settings' | 'destinations';

/** "Templates" of the 100ms documentation, there also called policies. */
export class HmsTemplates {
  constructor(private readonly verbs: HmsVerbs) {}

  /** Beware: a name that is taken means the existing template, which is overwritten. */
  create(template: HmsWords & { readonly name: string }, signal?: AbortSignal): Promise<HmsTemplate> {
    return this.verbs.set({ path: '/templates', body: template, answer: hmsTemplate, signal });
  }

  get(templateId: string, signal?: AbortSignal): Promise<HmsTemplate> {
    return this.verbs.get({ path: path`/templates/${templateId}`, answer: hmsTemplate, signal });
  }

  list(signal?: AbortSignal): AsyncIterable<HmsTemplate> {
    return this.verbs.list('/templates', hmsTemplate, { signal });
  }

  /** Everything that 100ms says of it: what `overwrite` needs back. */
  whole(templateId: string, signal?: AbortSignal): Promise<HmsWords> {
    return this.verbs.get({ path: path`/templates/${templateId}`, answer: words, signal });
  }

  /** Sets every member: what is not given is lost. Read, change and write back. */
  overwrite(templateId: string, template: HmsWords, signal?: AbortSignal): Promise<HmsTemplate> {
    const answer = hmsTemplate;
    return this.verbs.set({ path: path`/templates/${templateId}`, body: template, answer, signal });
  }

  role(templateId: string, role: string, signal?: AbortSignal): Promise<HmsRole> {
    return this.verbs.get({ path: path`/templates/${templateId}/roles/${role}`, answer: hmsRole, signal });
  }

  /** Makes it or changes it. */
  putRole(
    at: { readonly templateId: string; readonly role: string },
    body: HmsWords,
    signal?: AbortSignal,
  ): Promise<HmsRole> {
    const answer = hmsRole;
    return this.verbs.set({ path: path`/templates/${at.templateId}/roles/${at.role}`, body, answer, signal });
  }

  async removeRole(templateId: string, role: string, signal?: AbortSignal): Promise<void> {
    const answer = z.unknown();
    await this.verbs.remove({ path: path`/templates/${templateId}/roles/${role}`, answer, signal });
  }

  /** May hold storage credentials. */
  part(templateId: string, part: Part, signal?: AbortSignal): Promise<HmsWords> {
    return this.verbs.get({ path: path`/templates/${templateId}/${part}`, answer: words, signal });
  }

  setPart(
    at: { readonly templateId: string; readonly part: Part },
    body: HmsWords,
    signal?: AbortSignal,
  ): Promise<HmsWords> {
    return this.verbs.set({
      path: path`/templates/${at.templateId}/${at.part}`,
      body,
      answer: words,
      signal,
    });
  }

  recordingConfigs(templateId: string, signal?: AbortSignal): Promise<readonly HmsWords[]> {
    const answer = z.array(words);
    return this.verbs.get({ path: path`/templates/${templateId}/recordings`, answer, signal });
  }

  /** At present 100ms takes one. */
  setRecordingConfigs(
    templateId: string,
    configs: readonly HmsWords[],
    signal?: AbortSignal,
  ): Promise<readonly HmsWords[]> {
    const answer = z.array(words);
    return this.verbs.set({ path: path`/templates/${templateId}/recordings`, body: configs, answer, signal });
  }
}
