import type { Page } from '@playwright/test';

/** A row of the browser's outbox, as far as tests look at it. */
export interface Item {
  id: string;
  content: string;
  /** `queued`, `sending`, `waiting`, `paused_auth`, `needs_user`, `acked` or `gone`. */
  state: string;
  attempts: number;
}

export interface Draft {
  id: string;
  content: string;
}

export async function outboxOf(page: Page): Promise<Item[]> {
  const rows = await rowsOf(page, 'outbox');
  // A test may have put a row there that no release has ever written.
  return rows.map(({ id, body, state, attempts }) => ({
    id,
    content: body?.content ?? '',
    state: state?.name ?? 'unreadable',
    attempts,
  }));
}

export async function draftsOf(page: Page): Promise<Draft[]> {
  const rows = await rowsOf(page, 'drafts');
  return rows.map(({ id, content }) => ({ id, content }));
}

/** Whole rows, as they are stored, read through the page; nothing where this browser holds no such database. */
export async function rowsOf(page: Page, store: 'outbox' | 'drafts'): Promise<any[]> {
  return page.evaluate(async (store) => {
    const name = 'postonce';
    const known = await indexedDB.databases();
    if (!known.some((database) => database.name === name)) return [];
    const answer = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        // A test may have silenced this browser's storage: then the page keeps nothing there either.
        setTimeout(() => reject(new Error('silent')), 3_000);
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const database = await answer(indexedDB.open(name)).catch((error) => {
      if (error.message === 'silent') return null;
      throw error;
    });
    if (!database) return [];
    try {
      return await answer(database.transaction(store).objectStore(store).getAll());
    } finally {
      database.close();
    }
  }, store);
}

/** Dates every lease back, as if its holder had been frozen for long. */
export async function endLeases(page: Page): Promise<void> {
  await page.evaluate(
    () =>
      new Promise<void>((resolve, reject) => {
        const opening = indexedDB.open('postonce');
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const database = opening.result;
          const transaction = database.transaction('outbox', 'readwrite');
          transaction.objectStore('outbox').openCursor().onsuccess = (event) => {
            const cursor = (event.target as IDBRequest<IDBCursorWithValue | null>).result;
            if (!cursor) return;
            if (cursor.value.state.name === 'sending') {
              cursor.value.state.lease_until = 0;
              cursor.update(cursor.value);
            }
            cursor.continue();
          };
          transaction.oncomplete = () => {
            database.close();
            resolve();
          };
        };
      }),
  );
}
