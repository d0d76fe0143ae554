import type { Page } from '@playwright/test';
import type { Tab } from '../harness/tab';
import { expect, test } from '../harness/test';

/** What a proxy makes of the page's text before a browser sees it. */
const ON_THE_WAY: Record<string, (html: string) => string> = {
  'an element after the field': (html) => html.replace('</textarea>', '</textarea><grammarly-extension></grammarly-extension>'),
  'a translated label': (html) => html.replace(/(<label[^>]*>)([^<]+)/, '$1<font><font>$2</font></font>'),
  'white space removed': (html) => html.replaceAll(/>\s+</g, '><'),
  'white space added': (html) => html.replaceAll('<div', '\n  <div'),
  'comments removed': (html) => html.replaceAll(/<!(?!DOCTYPE)[^>]*>/g, ''),
  'attributes removed': (html) => html.replaceAll(/ (dir|autocomplete|rel|lang|data-shape)="[^"]*"/g, ''),
  'an element before everything': (html) => html.replace(/(<body[^>]*>)/, '$1<div>Provided by the hotel</div>'),
  'an element after everything': (html) => html.replace('</body>', '<div>Provided by the hotel</div></body>'),
  'elements in the head': (html) => html.replace('<head>', '<head><meta name="added" />').replace('</head>', '<meta name="added" /></head>'),
  'an element among ours': (html) => html.replace(/(<main[^>]*>)/, '$1<div>An advertisement</div>'),
};

/** What an extension does to the page before the program takes over. */
const IN_THE_BROWSER: Record<string, () => void> = {
  'an element after the field': () => {
    for (const field of document.querySelectorAll('textarea, input')) field.after(document.createElement('grammarly-extension'));
  },
  'every text translated': () => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const texts: Text[] = [];
    while (walker.nextNode()) texts.push(walker.currentNode as Text);
    for (const text of texts.filter((text) => text.data.trim() && text.parentElement?.localName !== 'script')) {
      const font = document.createElement('font');
      text.replaceWith(font);
      font.append(text);
    }
  },
  'white space and comments removed': () => {
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT | NodeFilter.SHOW_COMMENT);
    const gone: CharacterData[] = [];
    while (walker.nextNode()) gone.push(walker.currentNode as CharacterData);
    for (const node of gone) if (node.nodeType === Node.COMMENT_NODE || !node.data.trim()) node.remove();
  },
  'attributes added and removed': () => {
    for (const field of document.querySelectorAll('textarea')) {
      field.removeAttribute('dir');
      field.setAttribute('data-gramm', 'false');
    }
  },
  'elements all around': () => {
    document.head.prepend(document.createElement('meta'));
    document.body.prepend(document.createElement('div'));
    document.body.append(document.createElement('div'));
    document.querySelector('main')!.prepend(document.createElement('aside'));
    document.documentElement.append(document.createElement('grammarly-desktop-integration'));
  },
};

/** One page of each part of the program. */
const PAGES = ['/', '/feed', '/lab', '/tour/1', '/numbers'];

const unaided = (page: Page) => page.locator('.unaided');

/** Opens a page until its program has taken it over, or it says that it goes on without; tells which. */
async function open(page: Page, path: string): Promise<'ready' | 'unaided'> {
  await page.goto(path);
  await page.locator('.frame[data-ready], .frame .unaided').first().waitFor();
  return (await unaided(page).count()) > 0 ? 'unaided' : 'ready';
}

/** Posts, with the program or without, and sees it stored and shown once. */
async function postsAndShows(tab: Tab, text: string): Promise<void> {
  await tab.post(text);
  await expect(tab.card(text)).toHaveAttribute('data-state', 'posted');
  await expect(tab.card(text)).toHaveCount(1);
}

for (const [kind, change] of Object.entries(ON_THE_WAY)) {
  test(`a page changed on its way: ${kind}`, async ({ tab, database }) => {
    test.setTimeout(90_000);
    const { page } = tab;
    await page.route(
      (url) => PAGES.includes(url.pathname),
      async (route) => {
        if (route.request().method() !== 'GET') return route.continue();
        const response = await route.fetch();
        await route.fulfill({ response, body: change(await response.text()) });
      },
    );
    for (const path of PAGES) await open(page, path);
    if ((await open(page, '/feed')) === 'ready') await tab.takenOver();
    else await expect(unaided(page)).toContainText('This page runs without its program');
    await postsAndShows(tab, 'Through a changed page');
    expect(await database.rows()).toHaveLength(1);
  });
}

for (const [kind, change] of Object.entries(IN_THE_BROWSER)) {
  test(`a page changed by an extension: ${kind}`, async ({ tab, database }) => {
    test.setTimeout(90_000);
    const { page } = tab;
    await page.addInitScript(`document.addEventListener('DOMContentLoaded', ${change.toString()})`);
    for (const path of PAGES) expect([path, await open(page, path)]).toEqual([path, 'ready']);
    await tab.open();
    await postsAndShows(tab, 'Beside an extension');
    expect(await database.rows()).toHaveLength(1);
  });
}

test('a page that an extension changed keeps what was typed, where, and the focus', async ({ tab }) => {
  const { page } = tab;
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  await page.route('**/*.wasm', async (route) => {
    await released;
    await route.continue();
  });
  await page.goto('/feed', { waitUntil: 'domcontentloaded' });
  await tab.write('Typed before');
  await tab.text.evaluate((field: HTMLTextAreaElement) => field.setSelectionRange(2, 5));
  await page.evaluate(IN_THE_BROWSER['an element after the field']);
  release();
  await tab.takenOver();
  await expect(page.locator('grammarly-extension')).toHaveCount(0);
  await expect(tab.text).toHaveValue('Typed before');
  await expect(tab.text).toBeFocused();
  expect(await tab.text.evaluate((field: HTMLTextAreaElement) => [field.selectionStart, field.selectionEnd])).toEqual([2, 5]);
  await tab.postButton.click();
  await expect(tab.card('Typed before')).toHaveAttribute('data-state', 'posted');
});

test('the first screen runs what is pressed on a page that an extension changed later', async ({ tab, database }) => {
  const { page } = tab;
  await page.goto('/');
  await page.locator('.frame[data-ready]').waitFor();
  await page.evaluate(IN_THE_BROWSER['elements all around']);
  await page.evaluate(IN_THE_BROWSER['an element after the field']);
  await tab.postButton.click();
  await expect(page.getByTestId('feed-naive').getByTestId('post')).toHaveCount(2);
  await expect(page.getByTestId('feed-uuid').getByTestId('post')).toHaveCount(1);
  expect((await database.rows()).map((row) => row.content)).toEqual(['Hello, world']);
});

/** What tears the list of posts apart under a running program. */
const TORN: Record<string, () => void> = {
  'loses its markers': () => {
    for (const list of document.querySelectorAll('ol.posts')) {
      for (const node of [...list.childNodes]) if (node.nodeType === Node.COMMENT_NODE) node.remove();
    }
  },
  'is replaced by a copy': () => {
    for (const list of document.querySelectorAll('ol.posts')) list.replaceWith(list.cloneNode(true));
  },
};

for (const [kind, tear] of Object.entries(TORN)) {
  test(`a post is shown, or the page says that it goes on without its program, where the list ${kind}`, async ({
    tab,
    database,
  }) => {
    await tab.open();
    await tab.post('Before the damage');
    await expect(tab.card('Before the damage')).toHaveAttribute('data-state', 'posted');
    await tab.page.evaluate(tear);
    await tab.post('Into the torn list');
    await expect(unaided(tab.page).or(tab.card('Into the torn list')).first()).toBeVisible();
    await expect.poll(async () => (await database.rows()).length).toBe(2);

    await tab.post('Posted after it');
    await expect(tab.card('Posted after it')).toBeVisible();
    await expect(tab.card('Into the torn list')).toHaveCount(1);
    expect((await database.rows()).map((row) => row.content).sort()).toEqual([
      'Before the damage',
      'Into the torn list',
      'Posted after it',
    ]);
  });
}

test('a panic while a post is about to be shown is said, and the post is sent once', async ({ tab, witness, database }) => {
  await tab.open();
  // The program takes for granted that a browser can copy a node.
  await tab.page.evaluate(() => {
    const { cloneNode } = Node.prototype;
    Node.prototype.cloneNode = () => {
      Node.prototype.cloneNode = cloneNode;
      throw new Error('provoked');
    };
  });
  await tab.post('Posted into a panic');
  await expect(unaided(tab.page)).toContainText('This page runs without its program');

  await tab.post('Posted after it');
  await expect(tab.card('Posted after it')).toBeVisible();
  // The timers of the page that is left may have panicked as well.
  await witness.panicked();
  await expect(tab.card('Posted into a panic')).toHaveAttribute('data-state', 'posted');
  expect((await database.rows()).map((row) => row.content).sort()).toEqual(['Posted after it', 'Posted into a panic']);
});

test('a failure under a key press leaves the text, its id, and a form that posts it once', async ({
  tab,
  witness,
  intents,
  database,
}) => {
  await tab.open();
  const id = await tab.draftId();
  await tab.write('Typed, and saved as a draft');
  await expect.poll(async () => (await tab.drafts()).map((draft) => draft.id)).toEqual([id]);
  await tab.page.evaluate(() => {
    const { prototype } = HTMLTextAreaElement;
    const value = Object.getOwnPropertyDescriptor(prototype, 'value')!;
    function broken(this: HTMLTextAreaElement) {
      const error = new Error('provoked');
      // Whoever records the test reads values too.
      if (!error.stack!.includes('wasm-function')) return value.get!.call(this);
      Object.defineProperty(prototype, 'value', value);
      throw error;
    }
    Object.defineProperty(prototype, 'value', { ...value, get: broken });
  });
  await tab.text.press('End');
  await tab.text.press('!');
  await expect(unaided(tab.page)).toBeVisible();
  await expect(tab.text).toHaveValue('Typed, and saved as a draft!');
  await expect(tab.text).toBeFocused();
  expect(await tab.draftId()).toBe(id);
  await expect(tab.composer).not.toHaveAttribute('novalidate');

  // The same intent, under other words.
  intents.refuse('Typed, and saved as a draft');
  await tab.post('Typed, and then posted by the form');
  await expect(tab.card('Typed, and then posted by the form')).toHaveAttribute('data-id', id);
  await tab.takenOver();
  await witness.panicked(/provoked/);
  await expect(tab.text, 'what the form has posted is no draft any more').toHaveValue('');
  await expect.poll(async () => await tab.drafts()).toEqual([]);
  expect(await database.rows()).toHaveLength(1);
});
