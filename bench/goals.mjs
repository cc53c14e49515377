/**
 * What is to be reached, as ratios of figures measured in the same run: absolute ones drift with the machine and the hour.
 * `atMost`: Rollcall's figure divided by the peer's; `atLeast`: the same the other way round.
 */
export const fanOutRows = {
  '1 × 1000, 8 in flight': {
    load: { rooms: 1, watchers: 1_000, inFlight: 8, events: 400 },
    goals: [
      { figure: 'cpuPerDelivery', peer: 'idiomatic', atMost: 1 / 14 },
      { figure: 'cpuPerDelivery', peer: 'yoga', atMost: 1 / 14 },
      { figure: 'cpuPerDelivery', peer: 'mercurius', atMost: 1 / 10 },
      { figure: 'cpuPerDelivery', peer: 'raw', atMost: 0.33 },
      { figure: 'cpuPerDelivery', peer: 'batched-raw', atMost: 1.3 },
      { figure: 'deliveriesPerSecond', peer: 'idiomatic', atLeast: 15 },
    ],
  },
  '1 × 1000, one in flight': {
    load: { rooms: 1, watchers: 1_000, inFlight: 1, events: 150 },
    goals: [
      { figure: 'cpuPerDelivery', peer: 'idiomatic', atMost: 1 / 6.5 },
      { figure: 'cpuPerDelivery', peer: 'raw', atMost: 0.75 },
      { figure: 'p50', peer: 'idiomatic', atMost: 0.25 },
    ],
  },
  '1 × 5000, 8 in flight': {
    load: { rooms: 1, watchers: 5_000, inFlight: 8, events: 120 },
    goals: [
      { figure: 'cpuPerDelivery', peer: 'idiomatic', atMost: 1 / 14 },
      { figure: 'cpuPerDelivery', peer: 'yoga', atMost: 1 / 14 },
      { figure: 'cpuPerDelivery', peer: 'mercurius', atMost: 1 / 10 },
      { figure: 'cpuPerDelivery', peer: 'raw', atMost: 0.33 },
      { figure: 'cpuPerDelivery', peer: 'batched-raw', atMost: 1.3 },
      { figure: 'deliveriesPerSecond', peer: 'idiomatic', atLeast: 15 },
      { figure: 'cpuPerSocket', peer: 'raw', atMost: 1.5 },
      { figure: 'memoryPerSocket', peer: 'raw', atMost: 1.3 },
    ],
  },
  '100 × 50, 8 in flight': {
    load: { rooms: 100, watchers: 50, inFlight: 8, events: 2_000 },
    goals: [
      { figure: 'cpuPerDelivery', peer: 'idiomatic', atMost: 1 / 3 },
      { figure: 'cpuPerDelivery', peer: 'raw', atMost: 1.4 },
    ],
  },
};

export const httpGoals = [
  { figure: 'rooms', peer: 'yoga', atMost: 1 / 3 },
  { figure: 'rooms', peer: 'mercurius', atMost: 1 },
  { figure: 'token', peer: 'idiomatic', atMost: 1 },
  { figure: 'token', peer: 'yoga', atMost: 1 },
  { figure: 'token', peer: 'mercurius', atMost: 1 },
];

/** The same shapes, small: every server in less than a minute together. Says where things stand, not how far to trust it. */
export const quickLoads = {
  '1 × 1000, 8 in flight': { rooms: 1, watchers: 1_000, inFlight: 8, events: 48 },
  '1 × 1000, one in flight': { rooms: 1, watchers: 1_000, inFlight: 1, events: 12 },
  '100 × 50, 8 in flight': { rooms: 20, watchers: 50, inFlight: 8, events: 300 },
};
