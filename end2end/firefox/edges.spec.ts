import type { Page } from 'puppeteer-core';
import { NOT_KEPT } from '../harness/words';
import { until } from '../random/waiting';
import { expect, test } from './test';

test.describe('where storage refuses', () => {
  test.use({ comes: { locks: 'present', channel: true, begins: false } });

  test('60 IndexedDB throws InvalidStateError, as it did in private windows: posted from memory, and said', async ({ told }) => {
    const page = await told.world.context.newPage();
    await page.evaluateOnNewDocument(() => {
      IDBFactory.prototype.open = () => {
        throw new DOMException('refused by the test', 'InvalidStateError');
      };
    });
    await page.goto(`${told.world.network.url}/feed`);
    await page.waitForSelector('[data-testid="composer"][data-own-id]');
    await expect.poll(() => page.evaluate(() => document.body.innerText)).toContain(NOT_KEPT);
    await page.type('[data-testid="composer"] textarea', 'Kept in memory alone');
    await page.click('[data-testid="composer"] button[type="submit"]');
    await page.waitForSelector('[data-testid="post"][data-state="posted"]');
    expect(await told.rows()).toEqual(['Kept in memory alone']);
  });
});

test.describe('where the program never arrives', () => {
  test.use({ comes: { locks: 'present', channel: true, begins: false } });

  const id = (page: Page) => page.$eval('[data-testid="composer"] input[name="id"]', (input) => (input as HTMLInputElement).value);
  const shown = (page: Page) => page.$$eval('[data-testid="post"]', (cards) => cards.map((card) => card.getAttribute('data-id')));

  async function write(page: Page, text: string): Promise<void> {
    await page.$eval('[data-testid="composer"] textarea', (field, text) => ((field as HTMLTextAreaElement).value = text), text);
  }

  /** Which page is there, and whole: the form, or the feed that answers it. What is on its way is neither. */
  const stands = (page: Page) =>
    page.evaluate(() => (document.readyState === 'complete' ? (/^#post-/.test(location.hash) ? 'feed' : 'form') : undefined));

  async function post(page: Page): Promise<void> {
    await page.click('[data-testid="composer"] button[type="submit"]');
    await until(10_000, 'the post is answered with the feed', async () => ((await stands(page)) === 'feed' ? true : undefined));
  }

  test('51, 54 a post is answered with the feed, and a reload posts nothing again', async ({ told }) => {
    told.world.network.withhold(/^\/pkg\//);
    const page = await told.world.context.newPage();
    await page.goto(`${told.world.network.url}/feed`);
    const own = await id(page);
    await write(page, 'Written without a program');
    await post(page);
    await page.reload();
    expect(await shown(page)).toEqual([own]);
    expect(await told.rows()).toEqual(['Written without a program']);
  });

  test('52 Back and the same form again is the same post', async ({ told }) => {
    told.world.network.withhold(/^\/pkg\//);
    const page = await told.world.context.newPage();
    await page.goto(`${told.world.network.url}/feed`);
    const own = await id(page);
    await write(page, 'Sent twice by hand');
    await post(page);
    // A page that comes back from the browser's memory is not loaded, which is what goBack waits for.
    await page.evaluate(() => history.back());
    await until(10_000, 'Back brings the same id again', async () => {
      return (await stands(page)) === 'form' && (await id(page)) === own ? true : undefined;
    });
    await write(page, 'Sent twice by hand');
    await post(page);
    expect(await told.rows()).toEqual(['Sent twice by hand']);
  });

  test('55 a soft reload keeps what was typed, and not the id of the page before', async ({ told }) => {
    told.world.network.withhold(/^\/pkg\//);
    const page = await told.world.context.newPage();
    await page.goto(`${told.world.network.url}/feed`);
    const before = await id(page);
    await page.type('[data-testid="composer"] textarea', 'Half a thought');
    // What the browser does by itself on F5.
    await page.evaluate(() => location.reload());
    const served = () =>
      page.$eval('[data-testid="composer"] input[name="id"]', (input) => [(input as HTMLInputElement).value, input.getAttribute('value')]);
    const [value, attribute] = await until(10_000, 'the page is there again', async () => {
      const both = await served();
      return both[1] === before ? undefined : both;
    });
    expect(value, 'the hidden id is the fresh one').toBe(attribute);
    expect(await page.$eval('[data-testid="composer"] textarea', (field) => (field as HTMLTextAreaElement).value)).toBe('Half a thought');
  });
});

test.describe('where a part of the program is slow', () => {
  test.use({ comes: { locks: 'present', channel: true, begins: false } });

  test('a link that is pressed meanwhile leads where it says, and the page comes back whole', async ({ told }) => {
    const { network, context } = told.world;
    const page = await context.newPage();
    await page.goto(`${network.url}/feed`);
    await page.waitForSelector('.frame[data-ready]');
    network.hold(/split_papers/);
    await page.goto(`${network.url}/honesty`, { waitUntil: 'domcontentloaded' });
    // The part is asked for once the page has been painted and its program has arrived.
    await until(10_000, 'the part is asked for', async () => {
      const asked = await page.evaluate(() => performance.getEntriesByType('resource').some(({ name }) => /postonce\.wasm/.test(name)));
      return asked ? true : undefined;
    });
    await page.click('a[href="/feed"]');
    await until(10_000, 'the link is followed', async () => (new URL(page.url()).pathname === '/feed' ? true : undefined));
    await page.waitForSelector('.frame[data-ready]');
    network.hold(/^$/);
    await page.evaluate(() => history.back());
    await until(10_000, 'the page before comes back', async () => (new URL(page.url()).pathname === '/honesty' ? true : undefined));
    await page.waitForSelector('.frame[data-ready]');
  });
});
