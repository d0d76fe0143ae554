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

/** What a newer release does when it is opened beside an older one: it keeps the rows and adds a store. */
export async function upgradeStorage(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const known = await indexedDB.databases();
    const version = known.find(({ name }) => name === 'postonce')?.version ?? 1;
    await new Promise<void>((resolve, reject) => {
      const opening = indexedDB.open('postonce', version + 1);
      opening.onerror = () => reject(opening.error);
      opening.onupgradeneeded = () => void opening.result.createObjectStore('of-the-newer-release');
      opening.onsuccess = () => {
        opening.result.close();
        resolve();
      };
    });
  });
}

/** Lets the next transaction that saves to the outbox commit, and its page hear of that late or wrongly. */
export async function misreportSave(page: Page, how: 'late' | 'as failed'): Promise<void> {
  await page.evaluate((how) => {
    const begin = IDBDatabase.prototype.transaction;
    IDBDatabase.prototype.transaction = function (...given) {
      const transaction = begin.apply(this, given);
      if (transaction.mode !== 'readwrite' || !transaction.objectStoreNames.contains('outbox')) return transaction;
      IDBDatabase.prototype.transaction = begin;
      let told = false;
      // Added before anybody else listens, so nobody else hears of it in time.
      transaction.addEventListener('complete', (event) => {
        if (told) return;
        event.stopImmediatePropagation();
        told = true;
        if (how === 'late') {
          setTimeout(() => transaction.dispatchEvent(new Event('complete')), 4_000);
        } else {
          const error = new DOMException('refused by the test, after it was committed', 'UnknownError');
          Object.defineProperty(transaction, 'error', { value: error });
          transaction.dispatchEvent(new Event('abort', { bubbles: true }));
        }
      });
      return transaction;
    };
  }, how);
}

/** Moves the clock of a page, and of everything that is opened in its place. */
export async function setClock(page: Page, milliseconds: number): Promise<void> {
  const move = (offset: number) => {
    const clock = Date as DateConstructor & { true?: () => number };
    const now = (clock.true ??= Date.now.bind(Date));
    Date.now = () => now() + offset;
  };
  await page.addInitScript(move, milliseconds);
  await page.evaluate(move, milliseconds);
}

/**
 * Stops a tab where it stands: nothing of it runs, no timer fires, and it holds whatever it held. Chromium ignores
 * `Page.setWebLifecycleState` for a tab that is visible, and without a window every tab is; so its debugger stops it.
 */
export async function freeze(page: Page): Promise<() => Promise<void>> {
  const session = await page.context().newCDPSession(page);
  await session.send('Debugger.enable');
  await session.send('Debugger.pause');
  return async () => {
    // Disabling resumes it, also where nothing had run since.
    await session.send('Debugger.disable');
    await session.detach();
  };
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
