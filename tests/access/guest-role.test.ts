import { authSecret, loginOf, serviceKey } from '../helpers/logins';
import { startTestService } from '../helpers/service';

interface GraphQLAnswer {
  readonly errors: readonly [{ readonly message: string; readonly extensions: { readonly code: string } }];
}
interface RestAnswer {
  readonly id: string;
  readonly error: { readonly code: string; readonly message: string };
}

async function send<T>(url: string, login: string, body: unknown): Promise<T> {
  const headers = { authorization: `Bearer ${login}`, 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
  return (await response.json()) as T;
}

/** How a token in this role is refused, over GraphQL and REST. */
async function refusals(
  url: string,
  login: string,
  input: { roomId: string; role: string; userId?: string },
) {
  const query = 'mutation ($input: GenerateTokenInput!) { generateToken(input: $input) { role } }';
  const graphql = await send<GraphQLAnswer>(`${url}/graphql`, login, { query, variables: { input } });
  const { roomId, ...rest } = input;
  const { error } = await send<RestAnswer>(`${url}/rooms/${roomId}/token`, login, rest);
  const [{ message, extensions }] = graphql.errors;
  return [
    { code: extensions.code, message },
    { code: error.code, message: error.message },
  ];
}

it('tells a guest the same of every role where the template lacks the guest role, and what to do', async () => {
  await using service = await startTestService({
    ...{ AUTH_SECRET: authSecret, SERVICE_KEYS: serviceKey, GUEST_ROLE: 'visitor' },
  });
  const { url } = service;
  const room = { name: 'Open day', access: 'OPEN' };
  const { id: roomId } = await send<RestAnswer>(`${url}/rooms`, serviceKey, room);
  const message = expect.stringMatching(
    /^Guests of this room cannot get a token: GUEST_ROLE is "visitor", .* roles .*host, guest.* must set GUEST_ROLE/,
  );
  const expected = [
    ['visitor', 'ROLE_INVALID'],
    ['guest', 'FORBIDDEN'],
    ['host', 'FORBIDDEN'],
  ] as const;
  for (const [role, code] of expected) {
    const found = await refusals(url, loginOf('gus'), { roomId, role });
    expect(found).toEqual([
      { code, message },
      { code, message },
    ]);
  }
  // A caller who may have every role is told of the role that was asked for.
  const found = await refusals(url, serviceKey, { roomId, role: 'visitor', userId: 'vic' });
  const ofRole = '"visitor" is no role of this room; it has host, guest.';
  expect(found.map((each) => each.message)).toEqual([ofRole, ofRole]);
});
