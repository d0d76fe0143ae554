import { expect, test } from '../harness/test';

// These pages run no program, so all of it is looked at in browsers without JavaScript. What axe says of them is asked
// at the end of every test, which takes its time on a page as long as this.
test.setTimeout(180_000);

const pages = ['/api/docs', '/problems/key-reused', '/problems/no-such-problem'];

for (const path of pages) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`${path} is read without JavaScript, in 320 pixels, ${colorScheme}`, async ({ visitors }) => {
      const viewport = { width: 320, height: 640 };
      const tab = await visitors.arrive({ javaScriptEnabled: false, viewport, colorScheme });
      const answer = await tab.page.goto(path);
      expect(answer?.status()).toBe(path.endsWith('no-such-problem') ? 404 : 200);
      await expect(tab.page.getByRole('heading', { level: 1 })).toHaveCount(1);
      for (const summary of await tab.page.locator('summary').all()) await summary.click();
      await tab.fits();
    });
  }
}

test('the API page wears the style of the site and loads nothing else', async ({ visitors }) => {
  const tab = await visitors.arrive({ javaScriptEnabled: false, viewport: { width: 1280, height: 900 } });
  const loaded: string[] = [];
  tab.page.on('request', (request) => loaded.push(new URL(request.url()).pathname));
  await tab.page.goto('/api/docs');
  expect(loaded.filter((path) => path.endsWith('.css'))).toHaveLength(1);
  expect(loaded.filter((path) => !/^\/(api\/docs|favicon\.svg|pkg\/.*\.css)$/.test(path))).toEqual([]);
  await expect(tab.page.locator('.contents a').first()).toHaveCSS('min-block-size', '44px');
  await tab.fits();
});

test('a problem is found from the API page, and leads back', async ({ visitors }) => {
  const tab = await visitors.arrive({ javaScriptEnabled: false });
  await tab.page.goto('/feed');
  await tab.page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'API' }).click();
  await expect(tab.page).toHaveURL(/\/api\/docs$/);

  const contents = tab.page.getByRole('navigation', { name: 'On this page' });
  for (const link of await contents.getByRole('link').all()) {
    const target = await link.getAttribute('href');
    await expect(tab.page.locator(`[id="${target!.slice(1)}"]`)).toHaveCount(1);
  }
  const problems = tab.page.getByRole('table');
  await problems.getByRole('link', { name: 'in-flight' }).click();
  const page = tab.page.getByRole('main');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('The first request is still being written');
  for (const question of ['Was anything applied?', 'May I send the same key again?', 'What should I do?']) {
    await expect(page.getByText(question)).toBeVisible();
  }
  await page.getByRole('link', { name: 'All problems' }).click();
  await expect(tab.page).toHaveURL(/\/api\/docs#problems$/);
});
