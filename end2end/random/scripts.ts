/** What runs inside pages. Each function is sent to the browser as its own text, so it uses nothing from outside. */
import type { Locks } from './story';

export interface Setting {
  locks: Locks;
  channel: boolean;
  /** How far the clock is off, in milliseconds. */
  offset: number;
}

/** What a page looks like at one moment. */
export interface Look {
  /** Whether the program has taken the page over. */
  ready: boolean;
  visible: boolean;
  /** The composer: the text, and the id it would be posted under. */
  text: string;
  id: string;
  cards: { id: string; state: string; pending: boolean; text: string }[];
  /** Whether a press is not decided yet. */
  saving: boolean;
  /** Whether the page says that it keeps nothing. */
  forgetful: boolean;
  /** How often the page asked its browser for locks, transactions and messages between tabs. */
  asked: number;
  /** Megabytes of memory, where the browser tells. */
  memory: number;
}

/** What a browser keeps of one text, or of several. */
export interface Kept {
  store: string;
  id: string;
  state: string;
  text: string;
}

/** Runs before the page's own scripts: sets the clock, takes locks away, counts what is asked of the browser. */
export function prepare(setting: Setting): void {
  const page = window as unknown as { random?: { offset: number; asked: number } };
  if (page.random) {
    page.random.offset = setting.offset;
    return;
  }
  const random = (page.random = { offset: setting.offset, asked: 0 });

  const now = Date.now.bind(Date);
  window.Date = new Proxy(Date, {
    construct: (real, given) => (given.length === 0 ? new real(now() + random.offset) : Reflect.construct(real, given)),
    apply: (real) => new real(now() + random.offset).toString(),
    get: (real, name) => (name === 'now' ? () => now() + random.offset : Reflect.get(real, name)),
  });

  // A page that asks without end is told nothing more, so that it can still be looked at.
  const ENOUGH = 5_000;
  const counted = (on: object | undefined, name: string, instead?: () => unknown) => {
    // A page of the browser's own has less.
    if (!on) return;
    const real = Reflect.get(on, name);
    const replacement = function (this: unknown, ...given: never[]) {
      if (++random.asked > ENOUGH && instead) return new Promise(() => undefined);
      return instead ? instead() : Reflect.apply(real, this, given);
    };
    Object.defineProperty(on, name, { value: replacement, configurable: true, writable: true });
  };
  counted(window.IDBDatabase?.prototype, 'transaction');
  counted(window.BroadcastChannel?.prototype, 'postMessage');
  const locks = window.LockManager?.prototype;
  if (!setting.channel) Object.defineProperty(window, 'BroadcastChannel', { value: undefined });
  switch (setting.locks) {
    case 'present':
      return counted(locks, 'request');
    case 'undefined':
      return void Object.defineProperty(Navigator.prototype, 'locks', { value: undefined });
    case 'rejects':
      return counted(locks, 'request', () => Promise.reject(new DOMException('no', 'SecurityError')));
    case 'null':
      return counted(locks, 'request', () => Promise.resolve(null));
    case 'never':
      return counted(locks, 'request', () => new Promise(() => undefined));
  }
}

export function look(): Look {
  const composer = document.querySelector('[data-testid="composer"]');
  const all = [...document.querySelectorAll('[data-testid="post"]')];
  const { random } = window as unknown as { random?: { asked: number } };
  const { memory } = performance as unknown as { memory?: { usedJSHeapSize: number } };
  return {
    ready: composer?.hasAttribute('data-own-id') ?? false,
    visible: document.visibilityState === 'visible',
    text: composer?.querySelector('textarea')?.value ?? '',
    id: composer?.querySelector<HTMLInputElement>('input[name="id"]')?.value ?? '',
    cards: all.map((card) => ({
      id: card.getAttribute('data-id') ?? '',
      state: card.getAttribute('data-state') ?? '',
      pending: card.closest('[data-testid="outbox"]') !== null,
      text: card.querySelector('.content')?.textContent?.trim() ?? '',
    })),
    saving: composer?.querySelector('.saving')?.hasAttribute('hidden') === false,
    forgetful: /This browser won.t keep unsent posts/.test(document.body?.innerText ?? ''),
    asked: random?.asked ?? 0,
    memory: (memory?.usedJSHeapSize ?? 0) / 2 ** 20,
  };
}

/** Writes into the composer, as a visitor who types. */
export function write(text: string): void {
  const field = document.querySelector<HTMLTextAreaElement>('[data-testid="composer"] textarea')!;
  field.focus();
  field.value = text;
  field.dispatchEvent(new InputEvent('input', { bubbles: true, data: text, inputType: 'insertText' }));
}

/** Presses a button of the first card that has it; returns the card's text, or nothing where there is none. */
export function pressOnCard(label: string): string | null {
  for (const card of document.querySelectorAll('[data-testid="outbox"] [data-testid="post"]')) {
    const button = [...card.querySelectorAll('button')].find(
      (each) => each.textContent?.trim() === label && each.checkVisibility(),
    );
    if (!button) continue;
    button.click();
    return card.querySelector('.content')?.textContent?.trim() ?? '';
  }
  return null;
}

/** The rows of the browser's outbox and drafts and the second place for texts. */
export async function kept(): Promise<Kept[]> {
  const second = Object.entries(localStorage)
    .filter(([name]) => name.startsWith('postonce'))
    .map(([name, text]): Kept => ({ store: 'localStorage', id: name, state: 'kept', text }));
  if (!(await indexedDB.databases()).some(({ name }) => name === 'postonce')) return second;
  const answer = <T>(request: IDBRequest<T>) =>
    new Promise<T>((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
  const database = await answer(indexedDB.open('postonce'));
  try {
    const rows = async (store: string): Promise<Kept[]> => {
      if (!database.objectStoreNames.contains(store)) return [];
      const all = await answer(database.transaction(store).objectStore(store).getAll());
      return all.map((row) => ({
        store,
        id: String(row.id),
        state: String(row.state?.name ?? row.state ?? 'draft'),
        text: JSON.stringify(row),
      }));
    };
    return [...second, ...(await rows('outbox')), ...(await rows('drafts'))];
  } finally {
    database.close();
  }
}

/** Holds the outbox's store for so long; everybody else's transactions on it wait. */
export async function stall(ms: number): Promise<void> {
  if (!(await indexedDB.databases()).some(({ name }) => name === 'postonce')) return;
  await new Promise<void>((over) => {
    const opening = indexedDB.open('postonce');
    opening.onerror = () => over();
    opening.onsuccess = () => {
      const database = opening.result;
      if (!database.objectStoreNames.contains('outbox')) return over(database.close());
      database.onversionchange = () => database.close();
      const end = performance.now() + ms;
      const transaction = database.transaction('outbox', 'readwrite');
      const again = () => {
        if (performance.now() < end) transaction.objectStore('outbox').count().onsuccess = again;
      };
      again();
      transaction.oncomplete = transaction.onabort = () => over(database.close());
    };
  });
}

/** Clears what this site keeps: the whole database, or the rows in it. */
export async function clear(how: 'delete' | 'empty'): Promise<void> {
  if (!(await indexedDB.databases()).some(({ name }) => name === 'postonce')) return;
  await new Promise<void>((over) => {
    if (how === 'delete') {
      const deletion = indexedDB.deleteDatabase('postonce');
      deletion.onsuccess = deletion.onerror = deletion.onblocked = () => over();
      return;
    }
    const opening = indexedDB.open('postonce');
    opening.onerror = () => over();
    opening.onsuccess = () => {
      const database = opening.result;
      const transaction = database.transaction([...database.objectStoreNames], 'readwrite');
      for (const store of database.objectStoreNames) transaction.objectStore(store).clear();
      transaction.oncomplete = transaction.onabort = () => over(database.close());
    };
  });
}
