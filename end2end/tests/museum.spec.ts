import { expect, test } from '../harness/test';

const doubled = ['check-then-insert', 'key-after-commit', 'cache', 'retry-without-key', 'new-key-per-edit', 'server-minted'];

test('9 each half-fix breaks where its label says, and the two that work hold', { tag: '@core' }, async ({ tab, database }) => {
  test.setTimeout(120_000);
  const { page } = tab;
  await page.goto('/museum');
  await page.locator('[data-ready]').waitFor();
  for (const lane of [...doubled, 'uuid', 'key']) {
    const piece = page.locator(`li:has(> #${lane})`);
    await piece.getByRole('button').first().click();
    const breaks = doubled.includes(lane);
    await expect(piece.getByTestId('found')).toContainText(breaks ? 'It broke where its label says.' : 'It held.', {
      timeout: 30_000,
    });
    if (!breaks) continue;
    // Every half-fix is compared with the UUID, whose post names the run.
    const run = (await database.rows()).at(-1)!.room!;
    const copies = await database.copies(run);
    expect({ lane, rows: copies[lane], posts: copies.posts }).toEqual({ lane, rows: 2, posts: 1 });
  }
});

test('77 the museum fits into 320 pixels', async ({ visitors }) => {
  const tab = await visitors.arrive({ viewport: { width: 320, height: 640 } });
  await tab.page.goto('/museum');
  await tab.page.locator('[data-ready]').waitFor();
  await tab.fits();
});
