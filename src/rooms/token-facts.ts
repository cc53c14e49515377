import type { Models } from './models';
import type { TokenFacts } from './participant-changes';

/** What the newest token says that was minted for this user and room. */
export async function tokenFacts(models: Models, roomId: string, userId: string): Promise<TokenFacts> {
  const token = await models.mintedTokens.findOne({ roomId, userId }).sort({ issuedAt: -1 }).lean();
  return token ? { tokenId: token._id, name: token.name, role: token.role } : {};
}
