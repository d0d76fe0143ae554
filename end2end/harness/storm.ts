import type { Page } from '@playwright/test';

/** Another tab of the same browser holds the outbox in a transaction that does not end; gives back what ends it. */
export async function holdStorage(page: Page): Promise<() => Promise<void>> {
  const holder = await page.context().newPage();
  await holder.goto('/favicon.svg');
  await holder.evaluate(
    () =>
      new Promise<void>((resolve, reject) => {
        const opening = indexedDB.open('postonce');
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const database = opening.result;
          const store = database.transaction(['outbox', 'drafts'], 'readwrite').objectStore('outbox');
          // A transaction lives for as long as it is asked for something.
          const ask = () => {
            if (!('released' in window)) store.count().onsuccess = ask;
          };
          store.count().onsuccess = () => {
            ask();
            resolve();
          };
        };
      }),
  );
  return async () => {
    await holder.evaluate(() => Object.assign(window, { released: true }));
    await holder.close();
  };
}

/** Everything that this site keeps in the browser is cleared while its pages are open. */
export async function clearStorage(page: Page): Promise<void> {
  await page.evaluate(
    () =>
      new Promise<void>((resolve) => {
        const deleting = indexedDB.deleteDatabase('postonce');
        deleting.onsuccess = deleting.onerror = () => resolve();
      }),
  );
}

/** Writes a row as another version of the page, or another fate, might have left it. */
export async function putRow(page: Page, store: 'outbox' | 'drafts', row: object): Promise<void> {
  await page.evaluate(
    ([store, row]) =>
      new Promise<void>((resolve, reject) => {
        const opening = indexedDB.open('postonce');
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const transaction = opening.result.transaction(store as string, 'readwrite');
          transaction.objectStore(store as string).put(row);
          transaction.oncomplete = () => {
            opening.result.close();
            resolve();
          };
          transaction.onerror = () => reject(transaction.error);
        };
      }),
    [store, row] as const,
  );
}

/** Moves the clock of every page that is opened from here on. */
export async function setClock(page: Page, milliseconds: number): Promise<void> {
  await page.addInitScript((offset) => {
    const now = Date.now.bind(Date);
    Date.now = () => now() + offset;
  }, milliseconds);
}

/** The session of somebody else, in this browser's cookie jar; gives back what puts the first one there again. */
export async function becomeSomebodyElse(page: Page): Promise<() => Promise<void>> {
  const context = page.context();
  const cookie = (await context.cookies()).find((cookie) => cookie.name === 'postonce_session')!;
  const answer = await page.request.post('/api/session');
  const { token } = await answer.json();
  await context.addCookies([{ ...cookie, value: token }]);
  return () => context.addCookies([cookie]);
}
