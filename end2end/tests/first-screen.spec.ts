import type { Page } from '@playwright/test';
import { expect, test } from '../harness/test';

/** Opens the first screen, touches it, and waits until its program runs. */
async function open(page: Page): Promise<void> {
  await page.goto('/');
  await page.locator('.frame[data-ready]').waitFor();
  await page.getByTestId('composer').hover();
  await page.locator('.next-steps:not([hidden])').waitFor();
}

test('1 one press: two rows on the left, one on the right', { tag: '@core' }, async ({ tab, database }) => {
  await open(tab.page);
  const { page } = tab;
  const text = tab.composer.getByRole('textbox');
  await expect(text).toHaveValue('Hello, world');
  await expect(tab.postButton).not.toHaveAttribute('aria-disabled', 'true');
  await tab.postButton.click();
  const naive = page.getByTestId('feed-naive').getByTestId('post');
  const uuid = page.getByTestId('feed-uuid').getByTestId('post');
  await expect(naive).toHaveCount(2);
  await expect(uuid).toHaveCount(1);
  await expect(page.getByTestId('feed-naive')).toContainText('same post, stored twice');
  await expect(page.getByTestId('feed-uuid')).toContainText('retry recognised');
  const rows = await database.rows();
  expect(rows.map((row) => row.content)).toEqual(['Hello, world']);
  const copies = await database.copies(rows[0].room!);
  expect({ naive: copies.naive, posts: copies.posts }).toEqual({ naive: 2, posts: 1 });
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`77 the first screen fits into 320 pixels, ${colorScheme}`, async ({ visitors }) => {
    const tab = await visitors.arrive({ viewport: { width: 320, height: 640 }, colorScheme });
    await open(tab.page);
    await tab.postButton.click();
    await expect(tab.page.getByTestId('feed-naive').getByTestId('post')).toHaveCount(2);
    await expect(tab.page.getByTestId('feed-uuid')).toContainText('retry recognised');
    await tab.fits();
  });
}
