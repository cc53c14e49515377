import { type AuditResult, serverAudits } from 'graphql-http';
import type { RunningService } from '../../src/app';
import { startTestService } from '../helpers/service';

let service: RunningService;

beforeAll(async () => {
  service = await startTestService();
});
afterAll(() => service.close());

/** The suite of the GraphQL-over-HTTP working group: every audit, also those that are only recommendations. */
const audits = serverAudits({ url: () => `${service.url}/graphql` });

it('is held to all 61 audits', () => expect(audits).toHaveLength(61));

it.each(audits.map(({ id, name, fn }) => [`${id} ${name}`, fn] as const))('%s', async (_name, audit) => {
  const { status, ...rest } = await audit();
  expect({ status, reason: 'reason' in rest ? rest.reason : undefined }).toEqual<Partial<AuditResult>>({
    status: 'ok',
  });
});
