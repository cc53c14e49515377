import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
export type Maybe<T> = T | null;
export type InputMaybe<T> = Maybe<T>;
export type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
export type MakeOptional<T, K extends keyof T> = Omit<T, K> & { [SubKey in K]?: Maybe<T[SubKey]> };
export type MakeMaybe<T, K extends keyof T> = Omit<T, K> & { [SubKey in K]: Maybe<T[SubKey]> };
export type MakeEmpty<T extends { [key: string]: unknown }, K extends keyof T> = { [_ in K]?: never };
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  /** An opaque place in a room's update stream. Keep it, send it back, read nothing into it. */
  Cursor: { input: string; output: string; }
  /** A moment as RFC 3339 text in UTC, such as 2026-01-31T09:30:00.000Z. */
  DateTime: { input: string; output: string; }
};

/** A 100ms auth token with which a client SDK joins the room. */
export type AccessToken = {
  expiresAt: Scalars['DateTime']['output'];
  /** The token's jti. */
  id: Scalars['ID']['output'];
  role: Scalars['String']['output'];
  roomId: Scalars['ID']['output'];
  token: Scalars['String']['output'];
  userId: Scalars['ID']['output'];
};

export type CreateRoomInput = {
  /** OPEN by default. */
  access?: InputMaybe<RoomAccess>;
  description?: InputMaybe<Scalars['String']['input']>;
  /** Repeat a create that timed out with the same key: it answers the same room. Per caller, kept 24 h, at most 200 characters; parallel repeats get the first one's answer. */
  idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  largeRoom?: InputMaybe<Scalars['Boolean']['input']>;
  /** 120 to 43,200; then 100ms ends the session. */
  maxDurationSeconds?: InputMaybe<Scalars['Int']['input']>;
  /** What people read: 1 to 120 characters of any script after trimming, no control characters. Need not be unique. The name sent to 100ms is derived, unique and never shown. */
  name: Scalars['String']['input'];
  region?: InputMaybe<Region>;
  /** How many people fit in: up to 2,500, or 20,000 in a large room. */
  size?: InputMaybe<Scalars['Int']['input']>;
  /** A 100ms template; its roles are those that tokens can have. */
  templateId?: InputMaybe<Scalars['ID']['input']>;
};

export type EndRoomInput = {
  /** Disables the room as well. */
  lock?: Scalars['Boolean']['input'];
  /** 100ms shows it to those who are put out. */
  reason?: InputMaybe<Scalars['String']['input']>;
  roomId: Scalars['ID']['input'];
};

export type GenerateTokenInput = {
  /** Shown for this user where 100ms tells no other name. */
  name?: InputMaybe<Scalars['String']['input']>;
  /** A role of the room's template, case as 100ms has it. */
  role: Scalars['String']['input'];
  roomId: Scalars['ID']['input'];
  /** 60 to 86,400. */
  ttlSeconds?: Scalars['Int']['input'];
  /** Default: the caller's own id, or a new guest id while access is open. 1 to 128 of A-Z a-z 0-9 . _ : @ + - (100ms's web SDK cannot decode others). */
  userId?: InputMaybe<Scalars['ID']['input']>;
};

export type GrantRoomRoleInput = {
  /** For a MEMBER: the roles of the room's template that their tokens may have; by default the guest role. Co-hosts get every role. */
  hmsRoles?: InputMaybe<Array<Scalars['String']['input']>>;
  role: InvitedRole;
  roomId: Scalars['ID']['input'];
  userId: Scalars['ID']['input'];
};

/** What importRooms found. */
export type ImportedRooms = {
  /** Of those known here, those that were disabled here because they are there. */
  disabled: Scalars['Int']['output'];
  /** Rooms that there are at 100ms. */
  found: Scalars['Int']['output'];
  /** Of them, those that were not known here. */
  imported: Scalars['Int']['output'];
};

/** The role of a user in a room by invitation. */
export type Invitation = {
  /** Of the room's template: those that a member's tokens may have. Empty for co-hosts, who get every one. */
  hmsRoles: Array<Scalars['String']['output']>;
  id: Scalars['ID']['output'];
  role: InvitedRole;
  roomId: Scalars['ID']['output'];
  userId: Scalars['ID']['output'];
};

export type InvitedRole =
  | 'CO_HOST'
  | 'MEMBER';

export type JoinRoomInput = {
  deviceId?: Scalars['ID']['input'];
  name?: InputMaybe<Scalars['String']['input']>;
  roomId: Scalars['ID']['input'];
  userId: Scalars['ID']['input'];
};

export type LeaveRoomInput = {
  deviceId?: Scalars['ID']['input'];
  roomId: Scalars['ID']['input'];
  userId: Scalars['ID']['input'];
};

/** How a presence ended. */
export type LeftReason =
  /** The user was removed, and is blocked in the room. */
  | 'BLOCKED'
  /** The client did not repeat joinRoom in time. */
  | 'LEASE_EXPIRED'
  /** The user left, or the client closed its socket. */
  | 'LEFT'
  /** The connection was lost, and did not come back within the grace. */
  | 'LOST'
  /** The user was removed from the room. */
  | 'REMOVED'
  /** The session ended for all participants. */
  | 'SESSION_ENDED'
  /** 100ms no longer lists the peer, or gave no reason. */
  | 'UNKNOWN';

export type Mutation = {
  /** Creates a room here and at 100ms. With an idempotencyKey it is safe to repeat. */
  createRoom: Room;
  /** Ends the session for all participants; lock also disables the room. */
  endRoom: Room;
  /** A token with which a 100ms client SDK joins the room. It is kept nowhere. */
  generateToken: AccessToken;
  /** Invites a user to a room, or changes what they were invited as. */
  grantRoomRole: Invitation;
  /** Takes in the rooms that exist at 100ms and not here, as INVITED and without an owner: 100ms does not know who may enter. Use updateRoom and grantRoomRole afterwards. For a service. Safe to repeat; the log says how far it is. */
  importRooms: ImportedRooms;
  /** Says that a user is in the room, for clients that report their own presence. Repeating it renews the lease, and publishes no update; a lease that runs out is a LEFT. RATE_LIMITED with more devices of the user in the room than LIMIT_DEVICES_PER_USER. */
  joinRoom: Participant;
  /** Null where the user was not there; ROOM_NOT_FOUND where there is no room. */
  leaveRoom?: Maybe<Participant>;
  /** Takes an invitation back. Null where there was none. Of a room that is INVITED, the user is removed as by revokeTokens. */
  revokeRoomRole?: Maybe<Invitation>;
  /** With roomId: removes the user from the room until they are invited again, no matter which token they join with. Without, for services: revokes every login of the user, and their tokens in all rooms. 100ms still accepts a revoked token: a user who joins by one is removed again, within RECONCILE_SECONDS at the latest. Answers with the tokens that were still good. */
  revokeTokens: Array<TokenRecord>;
  /** Changes what is given and leaves the rest, here and at 100ms. Safe to repeat. */
  updateRoom: Room;
};


export type MutationCreateRoomArgs = {
  input: CreateRoomInput;
};


export type MutationEndRoomArgs = {
  input: EndRoomInput;
};


export type MutationGenerateTokenArgs = {
  input: GenerateTokenInput;
};


export type MutationGrantRoomRoleArgs = {
  input: GrantRoomRoleInput;
};


export type MutationJoinRoomArgs = {
  input: JoinRoomInput;
};


export type MutationLeaveRoomArgs = {
  input: LeaveRoomInput;
};


export type MutationRevokeRoomRoleArgs = {
  input: RevokeRoomRoleInput;
};


export type MutationRevokeTokensArgs = {
  input: RevokeTokensInput;
};


export type MutationUpdateRoomArgs = {
  input: UpdateRoomInput;
};

export type PageInfo = {
  endCursor?: Maybe<Scalars['String']['output']>;
  hasNextPage: Scalars['Boolean']['output'];
  hasPreviousPage: Scalars['Boolean']['output'];
  startCursor?: Maybe<Scalars['String']['output']>;
};

/** One device of one user in a room. Two devices of a user are two participants. */
export type Participant = {
  id: Scalars['ID']['output'];
  joinedAt: Scalars['DateTime']['output'];
  leftAt?: Maybe<Scalars['DateTime']['output']>;
  /** How the presence ended; null while the participant is present. */
  leftReason?: Maybe<LeftReason>;
  name?: Maybe<Scalars['String']['output']>;
  role?: Maybe<Scalars['String']['output']>;
  roomId: Scalars['ID']['output'];
  status: ParticipantStatus;
  userId: Scalars['ID']['output'];
};

/** SNAPSHOT and CAUGHT_UP are markers, sent where a subscription asks for snapshots. */
export type ParticipantAction =
  | 'CAUGHT_UP'
  | 'JOINED'
  | 'LEFT'
  | 'RECONNECTED'
  | 'RECONNECTING'
  | 'ROOM_CLOSED'
  | 'SNAPSHOT'
  | 'UPDATED';

/** ACTIVE and RECONNECTING are present; LEFT is not. */
export type ParticipantStatus =
  | 'ACTIVE'
  | 'LEFT'
  | 'RECONNECTING';

/** A change in a room, or a marker in its stream. */
export type ParticipantUpdate = {
  action: ParticipantAction;
  cursor: Scalars['Cursor']['output'];
  /** For a marker: when it was sent. */
  occurredAt: Scalars['DateTime']['output'];
  participant?: Maybe<Participant>;
  /** Users present as of this update. */
  participantCount: Scalars['Int']['output'];
  /** With SNAPSHOT: who is there. */
  participants?: Maybe<Array<Participant>>;
  /** With SNAPSHOT: why it was sent. */
  reason?: Maybe<SnapshotReason>;
  /** True while the server is telling what happened before this subscription began. */
  replayed: Scalars['Boolean']['output'];
  roomId: Scalars['ID']['output'];
  /** Null for markers. */
  source?: Maybe<UpdateSource>;
  /** Null where the update is about the room and not about one participant. */
  userId?: Maybe<Scalars['ID']['output']>;
  /** Whether the user still has a device in the room: false with the LEFT of the last one. */
  userPresent?: Maybe<Scalars['Boolean']['output']>;
};

export type Query = {
  /** Null if the room does not exist or the caller may not see it. */
  room?: Maybe<Room>;
  /** The same rooms by pages, for relayStylePagination and relayPagination. */
  roomConnection: RoomConnection;
  /** Newest first. limit: 1 to 100; another number is BAD_USER_INPUT, never clamped. */
  rooms: Array<Room>;
  /** For services: which tokens were given out, by and for whom, newest first; kept for 90 days. limit: 1 to 100. */
  tokenAudit: Array<TokenRecord>;
};


export type QueryRoomArgs = {
  id: Scalars['ID']['input'];
};


export type QueryRoomConnectionArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  filter?: InputMaybe<RoomFilter>;
  first?: Scalars['Int']['input'];
};


export type QueryRoomsArgs = {
  filter?: InputMaybe<RoomFilter>;
  limit?: Scalars['Int']['input'];
};


export type QueryTokenAuditArgs = {
  limit?: Scalars['Int']['input'];
  roomId?: InputMaybe<Scalars['ID']['input']>;
  userId?: InputMaybe<Scalars['ID']['input']>;
};

/** Where 100ms carries the media of a room. */
export type Region =
  | 'AUTO'
  | 'EU'
  | 'IN'
  | 'US';

export type RevokeRoomRoleInput = {
  roomId: Scalars['ID']['input'];
  userId: Scalars['ID']['input'];
};

export type RevokeTokensInput = {
  /** Without it, for services: in all rooms, logins included. */
  roomId?: InputMaybe<Scalars['ID']['input']>;
  userId: Scalars['ID']['input'];
};

/** A live video room. */
export type Room = {
  access: RoomAccess;
  createdAt: Scalars['DateTime']['output'];
  /** Where this room's updates stand in this same read: query, then subscribe after it, misses nothing. */
  cursor: Scalars['Cursor']['output'];
  description?: Maybe<Scalars['String']['output']>;
  enabled: Scalars['Boolean']['output'];
  /** The 100ms room id: the one that every door takes. */
  id: Scalars['ID']['output'];
  /** When who is here was last found equal to what 100ms says, or made so. */
  lastReconciledAt?: Maybe<Scalars['DateTime']['output']>;
  /** What you are to this room; null for services, who may do everything. */
  myRole?: Maybe<RoomRole>;
  name: Scalars['String']['output'];
  /** Users present now: two devices of one user count once. */
  participantCount: Scalars['Int']['output'];
  /** Those present, in the order of joining. active: false adds those who left, newest first. */
  participants: Array<Participant>;
  /** The same value, under the name it has in the REST list. */
  roomId: Scalars['ID']['output'];
  /** How long after it happened 100ms told us of the newest change, in seconds by both clocks. */
  webhookLagSeconds?: Maybe<Scalars['Float']['output']>;
};


/** A live video room. */
export type RoomParticipantsArgs = {
  active?: Scalars['Boolean']['input'];
  limit?: Scalars['Int']['input'];
};

/** OPEN: who is logged in and knows the id may enter as a guest. INVITED: who was invited. */
export type RoomAccess =
  | 'INVITED'
  | 'OPEN';

export type RoomConnection = {
  edges: Array<RoomEdge>;
  nodes: Array<Room>;
  pageInfo: PageInfo;
  /** Rooms on all pages together. */
  totalCount: Scalars['Int']['output'];
};

export type RoomEdge = {
  cursor: Scalars['String']['output'];
  node: Room;
};

export type RoomFilter = {
  createdAfter?: InputMaybe<Scalars['DateTime']['input']>;
  createdBefore?: InputMaybe<Scalars['DateTime']['input']>;
  enabled?: InputMaybe<Scalars['Boolean']['input']>;
  /** In capitals or small letters alike. */
  nameContains?: InputMaybe<Scalars['String']['input']>;
  /** Whether the room has participants. */
  occupied?: InputMaybe<Scalars['Boolean']['input']>;
};

export type RoomRole =
  | 'CO_HOST'
  | 'GUEST'
  | 'MEMBER'
  | 'OWNER';

/** Why a SNAPSHOT was sent. */
export type SnapshotReason =
  | 'AHEAD'
  | 'EPOCH_CHANGED'
  | 'FIRST'
  | 'GAP_TOO_LARGE'
  | 'TRIMMED';

export type Subscription = {
  /** Who comes and goes, in order, each once. `after` continues from a cursor; `snapshot: true` adds the markers that let a client start, resume and heal on one stream. */
  participantUpdates: ParticipantUpdate;
};


export type SubscriptionParticipantUpdatesArgs = {
  after?: InputMaybe<Scalars['Cursor']['input']>;
  roomId: Scalars['ID']['input'];
  snapshot?: Scalars['Boolean']['input'];
};

/** That a token was given out. The token itself is kept nowhere. */
export type TokenRecord = {
  /** Who asked for it: "user <id>", or "service <the first of its key's digest>". */
  by: Scalars['String']['output'];
  expiresAt: Scalars['DateTime']['output'];
  /** The token's jti. */
  id: Scalars['ID']['output'];
  issuedAt: Scalars['DateTime']['output'];
  revokedAt?: Maybe<Scalars['DateTime']['output']>;
  role: Scalars['String']['output'];
  roomId: Scalars['ID']['output'];
  /** Whom it lets in. */
  userId: Scalars['ID']['output'];
};

export type UpdateRoomInput = {
  /** INVITED: who was not invited sees no more of the room from then on. */
  access?: InputMaybe<RoomAccess>;
  description?: InputMaybe<Scalars['String']['input']>;
  /** false: no more tokens and joins; who is inside stays. */
  enabled?: InputMaybe<Scalars['Boolean']['input']>;
  id: Scalars['ID']['input'];
  name?: InputMaybe<Scalars['String']['input']>;
};

/** Where the news of a change came from. */
export type UpdateSource =
  | 'API'
  | 'RECONCILE'
  | 'REPLAY'
  | 'SOCKET'
  | 'WEBHOOK';

export type RoomFieldsFragment = { id: string, roomId: string, name: string, description?: string | null, enabled: boolean, createdAt: string, participantCount: number, cursor: string };

export type ParticipantFieldsFragment = { id: string, roomId: string, userId: string, name?: string | null, role?: string | null, status: ParticipantStatus, joinedAt: string, leftAt?: string | null };

export type CreateRoomMutationVariables = Exact<{
  input: CreateRoomInput;
}>;


export type CreateRoomMutation = { createRoom: { id: string, roomId: string, name: string, description?: string | null, enabled: boolean, createdAt: string, participantCount: number, cursor: string } };

export type GenerateTokenMutationVariables = Exact<{
  input: GenerateTokenInput;
}>;


export type GenerateTokenMutation = { generateToken: { token: string, id: string, roomId: string, userId: string, role: string, expiresAt: string } };

export type JoinRoomMutationVariables = Exact<{
  input: JoinRoomInput;
}>;


export type JoinRoomMutation = { joinRoom: { id: string, roomId: string, userId: string, name?: string | null, role?: string | null, status: ParticipantStatus, joinedAt: string, leftAt?: string | null } };

export type LeaveRoomMutationVariables = Exact<{
  input: LeaveRoomInput;
}>;


export type LeaveRoomMutation = { leaveRoom?: { id: string, roomId: string, userId: string, name?: string | null, role?: string | null, status: ParticipantStatus, joinedAt: string, leftAt?: string | null } | null };

export type RoomsQueryVariables = Exact<{
  filter?: InputMaybe<RoomFilter>;
  limit?: Scalars['Int']['input'];
}>;


export type RoomsQuery = { rooms: Array<{ id: string, roomId: string, name: string, description?: string | null, enabled: boolean, createdAt: string, participantCount: number, cursor: string }> };

export type RoomPagesQueryVariables = Exact<{
  filter?: InputMaybe<RoomFilter>;
  first?: Scalars['Int']['input'];
  after?: InputMaybe<Scalars['String']['input']>;
}>;


export type RoomPagesQuery = { roomConnection: { totalCount: number, edges: Array<{ cursor: string, node: { id: string, name: string } }>, nodes: Array<{ id: string }>, pageInfo: { hasNextPage: boolean, hasPreviousPage: boolean, startCursor?: string | null, endCursor?: string | null } } };

export type WhoIsThereQueryVariables = Exact<{
  id: Scalars['ID']['input'];
  active?: Scalars['Boolean']['input'];
}>;


export type WhoIsThereQuery = { room?: { id: string, roomId: string, name: string, description?: string | null, enabled: boolean, createdAt: string, participantCount: number, cursor: string, participants: Array<{ id: string, roomId: string, userId: string, name?: string | null, role?: string | null, status: ParticipantStatus, joinedAt: string, leftAt?: string | null }> } | null };

export type WatchRoomSubscriptionVariables = Exact<{
  roomId: Scalars['ID']['input'];
  after?: InputMaybe<Scalars['Cursor']['input']>;
  snapshot?: Scalars['Boolean']['input'];
}>;


export type WatchRoomSubscription = { participantUpdates: { action: ParticipantAction, roomId: string, userId?: string | null, participantCount: number, cursor: string, occurredAt: string, source?: UpdateSource | null, userPresent?: boolean | null, reason?: SnapshotReason | null, replayed: boolean, participant?: { id: string, roomId: string, userId: string, name?: string | null, role?: string | null, status: ParticipantStatus, joinedAt: string, leftAt?: string | null } | null, participants?: Array<{ id: string, roomId: string, userId: string, name?: string | null, role?: string | null, status: ParticipantStatus, joinedAt: string, leftAt?: string | null }> | null } };

export type EndRoomMutationVariables = Exact<{
  input: EndRoomInput;
}>;


export type EndRoomMutation = { endRoom: { id: string, roomId: string, name: string, description?: string | null, enabled: boolean, createdAt: string, participantCount: number, cursor: string } };

export const RoomFieldsFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"RoomFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Room"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"roomId"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"description"}},{"kind":"Field","name":{"kind":"Name","value":"enabled"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"participantCount"}},{"kind":"Field","name":{"kind":"Name","value":"cursor"}}]}}]} as unknown as DocumentNode<RoomFieldsFragment, unknown>;
export const ParticipantFieldsFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"ParticipantFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Participant"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"roomId"}},{"kind":"Field","name":{"kind":"Name","value":"userId"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"role"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"joinedAt"}},{"kind":"Field","name":{"kind":"Name","value":"leftAt"}}]}}]} as unknown as DocumentNode<ParticipantFieldsFragment, unknown>;
export const CreateRoomDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CreateRoom"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CreateRoomInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"createRoom"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"RoomFields"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"RoomFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Room"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"roomId"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"description"}},{"kind":"Field","name":{"kind":"Name","value":"enabled"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"participantCount"}},{"kind":"Field","name":{"kind":"Name","value":"cursor"}}]}}]} as unknown as DocumentNode<CreateRoomMutation, CreateRoomMutationVariables>;
export const GenerateTokenDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"GenerateToken"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"GenerateTokenInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"generateToken"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"token"}},{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"roomId"}},{"kind":"Field","name":{"kind":"Name","value":"userId"}},{"kind":"Field","name":{"kind":"Name","value":"role"}},{"kind":"Field","name":{"kind":"Name","value":"expiresAt"}}]}}]}}]} as unknown as DocumentNode<GenerateTokenMutation, GenerateTokenMutationVariables>;
export const JoinRoomDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"JoinRoom"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"JoinRoomInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"joinRoom"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"ParticipantFields"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"ParticipantFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Participant"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"roomId"}},{"kind":"Field","name":{"kind":"Name","value":"userId"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"role"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"joinedAt"}},{"kind":"Field","name":{"kind":"Name","value":"leftAt"}}]}}]} as unknown as DocumentNode<JoinRoomMutation, JoinRoomMutationVariables>;
export const LeaveRoomDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"LeaveRoom"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"LeaveRoomInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"leaveRoom"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"ParticipantFields"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"ParticipantFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Participant"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"roomId"}},{"kind":"Field","name":{"kind":"Name","value":"userId"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"role"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"joinedAt"}},{"kind":"Field","name":{"kind":"Name","value":"leftAt"}}]}}]} as unknown as DocumentNode<LeaveRoomMutation, LeaveRoomMutationVariables>;
export const RoomsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Rooms"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"filter"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"RoomFilter"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"limit"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}},"defaultValue":{"kind":"IntValue","value":"50"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"rooms"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"Variable","name":{"kind":"Name","value":"filter"}}},{"kind":"Argument","name":{"kind":"Name","value":"limit"},"value":{"kind":"Variable","name":{"kind":"Name","value":"limit"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"RoomFields"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"RoomFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Room"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"roomId"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"description"}},{"kind":"Field","name":{"kind":"Name","value":"enabled"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"participantCount"}},{"kind":"Field","name":{"kind":"Name","value":"cursor"}}]}}]} as unknown as DocumentNode<RoomsQuery, RoomsQueryVariables>;
export const RoomPagesDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"RoomPages"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"filter"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"RoomFilter"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"first"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"Int"}}},"defaultValue":{"kind":"IntValue","value":"50"}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"roomConnection"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"Variable","name":{"kind":"Name","value":"filter"}}},{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"Variable","name":{"kind":"Name","value":"first"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"edges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"cursor"}},{"kind":"Field","name":{"kind":"Name","value":"node"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"hasPreviousPage"}},{"kind":"Field","name":{"kind":"Name","value":"startCursor"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}},{"kind":"Field","name":{"kind":"Name","value":"totalCount"}}]}}]}}]} as unknown as DocumentNode<RoomPagesQuery, RoomPagesQueryVariables>;
export const WhoIsThereDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"WhoIsThere"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"active"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"Boolean"}}},"defaultValue":{"kind":"BooleanValue","value":true}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"room"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"RoomFields"}},{"kind":"Field","name":{"kind":"Name","value":"participants"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"active"},"value":{"kind":"Variable","name":{"kind":"Name","value":"active"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"ParticipantFields"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"RoomFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Room"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"roomId"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"description"}},{"kind":"Field","name":{"kind":"Name","value":"enabled"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"participantCount"}},{"kind":"Field","name":{"kind":"Name","value":"cursor"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"ParticipantFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Participant"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"roomId"}},{"kind":"Field","name":{"kind":"Name","value":"userId"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"role"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"joinedAt"}},{"kind":"Field","name":{"kind":"Name","value":"leftAt"}}]}}]} as unknown as DocumentNode<WhoIsThereQuery, WhoIsThereQueryVariables>;
export const WatchRoomDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"subscription","name":{"kind":"Name","value":"WatchRoom"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"roomId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"Cursor"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"snapshot"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"Boolean"}}},"defaultValue":{"kind":"BooleanValue","value":false}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"participantUpdates"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"roomId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"roomId"}}},{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}},{"kind":"Argument","name":{"kind":"Name","value":"snapshot"},"value":{"kind":"Variable","name":{"kind":"Name","value":"snapshot"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"action"}},{"kind":"Field","name":{"kind":"Name","value":"roomId"}},{"kind":"Field","name":{"kind":"Name","value":"userId"}},{"kind":"Field","name":{"kind":"Name","value":"participant"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"ParticipantFields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"participants"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"ParticipantFields"}}]}},{"kind":"Field","name":{"kind":"Name","value":"participantCount"}},{"kind":"Field","name":{"kind":"Name","value":"cursor"}},{"kind":"Field","name":{"kind":"Name","value":"occurredAt"}},{"kind":"Field","name":{"kind":"Name","value":"source"}},{"kind":"Field","name":{"kind":"Name","value":"userPresent"}},{"kind":"Field","name":{"kind":"Name","value":"reason"}},{"kind":"Field","name":{"kind":"Name","value":"replayed"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"ParticipantFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Participant"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"roomId"}},{"kind":"Field","name":{"kind":"Name","value":"userId"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"role"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"joinedAt"}},{"kind":"Field","name":{"kind":"Name","value":"leftAt"}}]}}]} as unknown as DocumentNode<WatchRoomSubscription, WatchRoomSubscriptionVariables>;
export const EndRoomDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"EndRoom"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"EndRoomInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"endRoom"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"RoomFields"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"RoomFields"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Room"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"roomId"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"description"}},{"kind":"Field","name":{"kind":"Name","value":"enabled"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"participantCount"}},{"kind":"Field","name":{"kind":"Name","value":"cursor"}}]}}]} as unknown as DocumentNode<EndRoomMutation, EndRoomMutationVariables>;