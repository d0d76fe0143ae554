import type { Page } from '@playwright/test';

/** A row of the browser's outbox, as far as tests look at it. */
export interface Item {
  id: string;
  content: string;
  /** `queued`, `sending`, `waiting`, `paused_auth`, `needs_user`, `acked` or `gone`. */
  state: string;
  attempts: number;
}

/** Reads IndexedDB through the page; nothing where this browser has no such database. */
export async function outboxOf(page: Page): Promise<Item[]> {
  return page.evaluate(async () => {
    const name = 'postonce';
    const known = await indexedDB.databases();
    if (!known.some((database) => database.name === name)) return [];
    const answer = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const database = await answer(indexedDB.open(name));
    try {
      const rows = await answer(database.transaction('outbox').objectStore('outbox').getAll());
      return rows.map((row) => ({
        id: row.id,
        content: row.body.content,
        state: row.state.name,
        attempts: row.attempts,
      }));
    } finally {
      database.close();
    }
  });
}
