import type { GraphQLResolveInfo } from 'graphql';
import { Arg, Ctx, FieldResolver, ID, Info, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import { CursorScalar } from '../../rooms/log/cursor.scalar';
import { Participant } from '../../rooms/participant.model';
import { Room } from '../../rooms/room.model';
import type { LiveRoom } from '../../rooms/room.service';
import type { RequestContext } from './context';
import { CreateRoomInput, EndRoomInput, GenerateTokenInput, RoomFilter, UpdateRoomInput } from './inputs';
import { AccessToken, ImportedRooms } from './outputs';
import { selects } from './selects';

@Resolver(() => Room)
export class RoomResolver {
  @Query(() => [Room], {
    description: 'Newest first. limit: 1 to 100; another number is BAD_USER_INPUT, never clamped.',
  })
  async rooms(
    @Ctx() { rooms, caller }: RequestContext,
    @Info() info: GraphQLResolveInfo,
    @Arg('filter', () => RoomFilter, { nullable: true }) filter: RoomFilter | null,
    @Arg('limit', () => Int, { defaultValue: 50 }) limit: number,
  ): Promise<readonly Room[]> {
    const found = await rooms.list({ filter, limit }, caller);
    return selects(info, 'participants') ? Promise.all(found.map((room) => rooms.withPresence(room))) : found;
  }

  @Query(() => Room, {
    nullable: true,
    description: 'Null if the room does not exist or the caller may not see it.',
  })
  async room(
    @Ctx() { rooms, caller }: RequestContext,
    @Info() info: GraphQLResolveInfo,
    @Arg('id', () => ID) id: string,
  ): Promise<Room | null> {
    const found = await rooms.find(id, caller);
    return found && selects(info, 'participants') ? rooms.withPresence(found) : found;
  }

  @Mutation(() => Room, {
    description: 'Creates a room here and at 100ms. With an idempotencyKey it is safe to repeat.',
  })
  createRoom(
    @Ctx() { rooms, caller }: RequestContext,
    @Arg('input', () => CreateRoomInput) input: CreateRoomInput,
  ): Promise<Room> {
    return rooms.create(input, caller);
  }

  @Mutation(() => Room, {
    description: 'Changes what is given and leaves the rest, here and at 100ms. Safe to repeat.',
  })
  updateRoom(
    @Ctx() { rooms, caller }: RequestContext,
    @Arg('input', () => UpdateRoomInput) input: UpdateRoomInput,
  ): Promise<Room> {
    return rooms.update(input, caller);
  }

  @Mutation(() => Room, {
    description: 'Ends the session for all participants; lock also disables the room.',
  })
  endRoom(
    @Ctx() { rooms, caller }: RequestContext,
    @Arg('input', () => EndRoomInput) input: EndRoomInput,
  ): Promise<Room> {
    return rooms.end(input, caller);
  }

  @Mutation(() => ImportedRooms, {
    description:
      'Takes in the rooms that exist at 100ms and not here, as INVITED and without an owner: 100ms does not know who may ' +
      'enter. Use updateRoom and grantRoomRole afterwards. For a service. Safe to repeat; the log says how far it is.',
  })
  importRooms(@Ctx() { roomImport, caller }: RequestContext): Promise<ImportedRooms> {
    return roomImport.run(caller);
  }

  @Mutation(() => AccessToken, {
    description: 'A token with which a 100ms client SDK joins the room. It is kept nowhere.',
  })
  generateToken(
    @Ctx() { access, caller }: RequestContext,
    @Arg('input', () => GenerateTokenInput) input: GenerateTokenInput,
  ): Promise<AccessToken> {
    return access.generateToken(input, caller);
  }

  @FieldResolver(() => [Participant], {
    description: 'Those present, in the order of joining. active: false adds those who left, newest first.',
  })
  participants(
    @Ctx() { rooms }: RequestContext,
    @Root() room: Room | LiveRoom,
    @Arg('active', () => Boolean, { defaultValue: true }) active: boolean,
    @Arg('limit', () => Int, { defaultValue: 1_000 }) limit: number,
  ): Promise<readonly Participant[]> {
    return rooms.participants(room, { active, limit });
  }

  @FieldResolver(() => CursorScalar, {
    description:
      "Where this room's updates stand in this same read: query, then subscribe after it, misses nothing.",
  })
  cursor(@Ctx() { rooms }: RequestContext, @Root() room: Room): string {
    return rooms.cursorOf(room);
  }
}
