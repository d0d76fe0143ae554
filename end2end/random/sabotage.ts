import { randomUUID } from 'node:crypto';
import type { World } from './world';

export const SABOTAGES = ['double', 'drop'] as const;
export type Sabotage = (typeof SABOTAGES)[number];

/** Does on purpose what must never happen, so that it can be seen that the oracle sees it: a stored post is stored
 * under a second id, or taken away. Nothing happens where nothing was stored. */
export async function sabotage(world: World, how: Sabotage): Promise<boolean> {
  const row = (await world.database.rows()).find(({ content, user_id }) => content && user_id === world.identity.user('A'));
  if (!row) return false;
  const headers = { authorization: `Bearer ${world.identity.token('A')}`, 'content-type': 'application/json' };
  const [id, method, body] =
    how === 'double' ? [randomUUID(), 'PUT', JSON.stringify({ content: row.content })] : [row.id, 'DELETE', undefined];
  const answer = await fetch(`${world.server.url}/api/posts/${id}`, { method, headers, body });
  if (!answer.ok) throw new Error(`sabotage was refused: ${answer.status} ${await answer.text()}`);
  return true;
}
