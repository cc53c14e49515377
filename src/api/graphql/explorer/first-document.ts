/** Where both explorers take a login from, with the empty one that the user completes. */
export const emptyLogin = { Authorization: 'Bearer ' };

const howToLogIn = `#
# This service needs a login. Enter it
# below, in the Headers tab:
#
#   { "Authorization": "Bearer <token>" }
#
# docs/going-live.md shows how to sign
# a token for a user.
`;

/** Returns what a user finds in an explorer that they open for the first time: a query that runs as it stands. */
export function firstDocument(needsLogin: boolean): string {
  return `# Ctrl-Enter runs this query: the rooms
# that you may see, newest first.
${needsLogin ? howToLogIn : ''}#
# To watch who comes and goes, run this
# with the id of a room:
#
#   subscription {
#     participantUpdates(
#       roomId: "<id>"
#       snapshot: true
#     ) {
#       action
#       participant { userId name status }
#       participantCount
#     }
#   }

query Rooms {
  rooms(limit: 10) {
    id
    name
    enabled
    participantCount
  }
}
`;
}
