// For mongosh: makes three servers a replica set, unless they are one.
const members = ['mongo-1', 'mongo-2', 'mongo-3'].map((name, _id) => ({ _id, host: `${name}:27017` }));
try {
  rs.status();
} catch {
  rs.initiate({ _id: 'rollcall', members });
}
while (!rs.status().members.some(({ stateStr }) => stateStr === 'PRIMARY')) sleep(500);
