import dns from 'node:dns';

/** Has a host name resolve to this machine, for everything that this test file's process connects to. */
export function resolveHere(hostname: string): void {
  const { lookup } = dns;
  const here = { address: '127.0.0.1', family: 4 };
  beforeAll(() => {
    jest.spyOn(dns, 'lookup').mockImplementation(((name: string, options: never, callback: never) => {
      if (name !== hostname) return lookup(name, options, callback);
      const done = (callback ?? options) as (error: null, address: unknown, family?: number) => void;
      const wantsAll = typeof options === 'object' && (options as { all?: boolean }).all;
      return wantsAll ? done(null, [here]) : done(null, here.address, here.family);
    }) as never);
  });
  afterAll(() => jest.restoreAllMocks());
}
