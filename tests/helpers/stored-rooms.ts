/** Documents of rooms, for tests that need more of them than they can create one by one. */
export const storedRooms = (count: number) =>
  Array.from({ length: count }, (_, n) => ({
    roomId: `room${n}`,
    name: `Number ${n}`,
    enabled: true,
    createdAt: new Date(n),
    participantCount: 0,
    epoch: 'e',
    asOfSeq: 0,
  }));
