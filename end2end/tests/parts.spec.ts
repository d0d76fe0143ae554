import type { Page } from '@playwright/test';
import { expect, test } from '../harness/test';
import { NO_ANSWER } from '../harness/words';

/** The names of the program's files that a page asks for, from here on. */
function filesOf(page: Page): string[] {
  const files: string[] = [];
  page.on('request', (request) => {
    const [, name] = /^\/pkg\/.*?([^/]+)\.wasm$/.exec(new URL(request.url()).pathname) ?? [];
    if (name) files.push(name);
  });
  return files;
}

const ready = (page: Page) => page.locator('.frame[data-ready]').waitFor();

test('a page fetches its own part of the program, and another page that of its own', async ({ tab }) => {
  const files = filesOf(tab.page);
  const parts = () => files.splice(0).filter((name) => name.startsWith('split_'));
  await tab.page.goto('/lab');
  await ready(tab.page);
  expect(parts()).toEqual(['split_lab']);
  await tab.open();
  expect(parts()).toEqual(['split_feed']);
  await tab.page.goto('/methods');
  await ready(tab.page);
  expect(parts()).toEqual(['split_tour']);
});

test('the first screen fetches its part once it is used, by whatever means', async ({ visitors }) => {
  const uses: ((page: Page) => Promise<unknown>)[] = [
    (page) => page.mouse.move(40, 40),
    (page) => page.keyboard.press('Tab'),
    (page) => page.evaluate(() => scrollTo(0, 40)),
    // As assistive technology presses: neither a pointer nor a key comes before it.
    (page) => page.evaluate(() => document.querySelector<HTMLElement>('.opening button')!.click()),
  ];
  for (const use of uses) {
    const { page } = await visitors.arrive({ viewport: { width: 320, height: 480 } });
    const files = filesOf(page);
    await page.goto('/');
    await ready(page);
    await page.waitForLoadState('networkidle');
    expect(files).toEqual(['postonce']);
    await use(page);
    await page.locator('.next-steps:not([hidden])').waitFor();
    expect(files).toContain('split_lab');
  }
});

test('whoever has been here before has unsent posts sent from the first screen, untouched', async ({ tab, database }) => {
  await tab.open();
  await tab.page.route('**/api/posts/*', (route) => route.abort());
  await tab.post('Kept on the way');
  await expect(tab.card('Kept on the way')).toContainText(NO_ANSWER);
  await tab.page.unroute('**/api/posts/*');
  await tab.page.goto('/');
  await expect.poll(async () => (await database.rows()).map((row) => row.content)).toEqual(['Kept on the way']);
});

test('the first screen takes a press before its part has arrived, and runs it then', async ({ tab, database }) => {
  let release = () => {};
  const released = new Promise<void>((resolve) => (release = resolve));
  await tab.page.route(/\/(chunk_|split_)[^/]*\.wasm$/, async (route) => {
    await released;
    await route.continue();
  });
  await tab.page.goto('/');
  await ready(tab.page);
  await tab.postButton.click();
  await expect(tab.postButton).toHaveAttribute('aria-disabled', 'true');
  await expect(tab.composer).toContainText('Taken. What runs it is still being fetched.');
  release();
  await expect(tab.page.getByTestId('feed-naive').getByTestId('post')).toHaveCount(2);
  await expect(tab.page.getByTestId('feed-uuid').getByTestId('post')).toHaveCount(1);
  expect((await database.rows()).map((row) => row.content)).toEqual(['Hello, world']);
});

test('where a part is missing the page is loaded again, once, and then works without', async ({ tab, witness, database }) => {
  let missing = 0;
  let visits = 0;
  await tab.page.route(/\/split_feed\.wasm$/, (route) => {
    missing += 1;
    return route.fulfill({ status: 404, body: '' });
  });
  tab.page.on('request', (request) => (visits += Number(request.isNavigationRequest())));
  await tab.page.goto('/feed');
  await expect.poll(() => missing).toBe(2);
  expect(visits).toBe(2);
  await tab.post('Posted without the part');
  await expect(tab.card('Posted without the part')).toBeVisible();
  expect(await database.rows()).toHaveLength(1);
  // The loader's own complaints are what this test provokes: of two visits, and of the one that the form led to.
  await expect.poll(() => witness.faults.length).toBe(3);
  expect(witness.faults.splice(0).filter((fault) => !fault.includes("'compile' on 'WebAssembly'"))).toEqual([]);
  await tab.page.unroute(/\/split_feed\.wasm$/);
});
