import { Lab } from '../harness/lab';
import { scenarios } from '../harness/scenarios';
import { expect, test } from '../harness/test';
import type { Tab } from '../harness/tab';

/** The newest line of a chart's file, by the names in its first. */
async function newest(tab: Tab, chart: string): Promise<Record<string, number>> {
  const answer = await tab.page.request.get(`/numbers/${chart}.csv`);
  expect(answer.status()).toBe(200);
  const lines = (await answer.text()).trim().split('\n').map((line) => line.split(','));
  return Object.fromEntries(lines[0].map((name, at) => [name, Number(lines.at(-1)![at])]));
}

/** The four counts at the foot of the page. */
async function strip(tab: Tab): Promise<Record<string, number>> {
  const counts = tab.page.getByTestId('metrics-strip').locator('[data-count]');
  return Object.fromEntries(
    await counts.evaluateAll((all) => all.map((one) => [one.getAttribute('data-count'), Number(one.textContent)])),
  );
}

test('75 what is counted is what the database holds, after each failure', { tag: '@core' }, async ({ tab, database }) => {
  test.setTimeout(240_000);
  const lab = new Lab(tab);
  const held = { attempts: 0, stored: 0, naive: 0, twice: 0 };
  for (const { name, query } of scenarios.filter(({ name }) => /^(a|b)\d|^five|^bare|^browser/.test(name))) {
    await lab.open(query);
    await lab.run();
    const run = (await database.rows()).at(-1)!.room!;
    const { naive = 0, posts = 0 } = await database.copies(run);
    const ledger = await (await tab.page.request.get(`/api/lab/runs/${run}`)).json();
    held.attempts += new Set(ledger.events.map((event: { arrival: number }) => event.arrival)).size;
    held.stored += naive + posts;
    held.naive += naive;
    held.twice += naive - 1;
    expect({ name, ...(await newest(tab, 'attempts')) }).toMatchObject({ name, attempts: held.attempts, stored: held.stored });
    const duplicates = { naive_rows: held.naive, naive_duplicates: held.twice, uuid_duplicates: 0 };
    expect({ name, ...(await newest(tab, 'duplicates')) }).toMatchObject({ name, ...duplicates });
    const atFoot = {
      attempts: held.attempts,
      stored: held.stored,
      'naive-duplicates': held.twice,
      'uuid-duplicates': 0,
    };
    await expect.poll(() => strip(tab), name).toEqual(atFoot);
  }
  expect(held.twice, 'the failures have doubled something').toBeGreaterThan(5);
});

test('charts can be read as a picture, in words, as a table and as a file', async ({ tab }) => {
  const lab = new Lab(tab);
  await lab.open('v=1&seed=42&compare=naive,uuid&faults=reply-lost@1&retry=fixed:300&expect=naive:2,uuid:1');
  await lab.run();
  const { page } = tab;
  await page.getByRole('link', { name: 'Numbers', exact: true }).click();
  const attempts = page.getByRole('region', { name: 'Attempts and rows' });
  await expect(attempts).toContainText('4 attempts became 3 rows, where 2 posts were meant.');
  await expect(page.getByRole('region', { name: 'Duplicates', exact: true })).toContainText(
    '1 without a key, 0 with a UUID',
  );
  for (const name of ['Attempts and rows', 'Duplicates', 'Time to an answer', 'Queue']) {
    const figure = page.getByRole('region', { name, exact: true });
    await figure.getByText('The numbers').click();
    expect(await figure.getByRole('row').count(), name).toBeGreaterThan(1);
    const file = page.waitForEvent('download');
    await figure.getByRole('link', { name: 'CSV' }).click();
    expect((await file).suggestedFilename()).toMatch(/^\w+\.csv$/);
  }
  // A line is told from its neighbour by its dash and the shape at its end, not by its colour alone.
  const dashes = await attempts
    .locator('.plot .line')
    .evaluateAll((lines) => lines.map((line) => getComputedStyle(line).strokeDasharray));
  expect(new Set(dashes).size).toBe(3);
});

test('a server that has counted nothing says so', async ({ tab }) => {
  await tab.page.goto('/numbers');
  await expect(tab.page.locator('main')).toContainText('Nothing has been counted yet');
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`77 the numbers fit into 320 pixels, ${colorScheme}`, async ({ visitors }) => {
    const tab = await visitors.arrive({ viewport: { width: 320, height: 640 }, colorScheme });
    const lab = new Lab(tab);
    await lab.open('v=1&compare=naive,uuid');
    await lab.run();
    await tab.page.goto('/numbers');
    await tab.fits();
  });
}
