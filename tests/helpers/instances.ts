import { startTestService } from './service';
import { openSharedDatabase } from './test-database';

/** Several Rollcalls on one database and, where there is one, one Redis, as behind a balancer. */
export async function startInstances(count: number, settings: Record<string, string> = {}) {
  const database = await openSharedDatabase();
  const services: Awaited<ReturnType<typeof startTestService>>[] = [];
  for (let i = 0; i < count; i += 1) {
    services.push(await startTestService({ MONGO_URI: database.uri, ...settings }));
  }
  return {
    databaseUri: database.uri,
    urls: services.map(({ url }) => url),
    async [Symbol.asyncDispose]() {
      await Promise.all(services.map((service) => service.close()));
      await database[Symbol.asyncDispose]();
    },
  };
}
