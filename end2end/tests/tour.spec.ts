import { expect, test } from '../harness/test';

/** The prediction that is made at each step, where it asks for one before the run. */
const predictions: Record<number, number | undefined> = { 1: 0, 2: 2, 3: undefined, 4: 2, 5: 1, 6: 1, 7: 0, 8: 0, 9: 0, 10: 1 };

for (const [step, prediction] of Object.entries(predictions)) {
  test(`76 tour step ${step}, by keys alone and without motion`, async ({ visitors, database }) => {
    test.setTimeout(90_000);
    const tab = await visitors.arrive({ reducedMotion: 'reduce' });
    const { page } = tab;
    await page.goto(`/tour/${step}`);
    await page.locator('[data-ready]').waitFor();
    if (prediction !== undefined) {
      await page.locator(`#answer-${prediction}`).focus();
      await page.keyboard.press('Space');
    }
    await page.locator('.tour-actions .primary').focus();
    await page.keyboard.press('Enter');
    if (step === '3') {
      const guess = page.getByRole('button', { name: "can't know" });
      await guess.waitFor({ timeout: 20_000 });
      await guess.focus();
      await page.keyboard.press('Enter');
      await page.getByRole('button', { name: 'Watch the retry' }).focus();
      await page.keyboard.press('Enter');
    }
    await expect(page.locator('.check .lesson')).toBeVisible({ timeout: 60_000 });
    const posts = (await database.rows()).length;
    // The fourth step looks at the control arm alone, which never writes into the feed.
    if (step === '4') expect(posts).toBe(0);
    else expect(posts, 'the step wrote real rows').toBeGreaterThan(0);
  });
}

test('76 Back goes from step to step, and unwritten steps are not there', async ({ tab }) => {
  const { page } = tab;
  await page.goto('/tour/1');
  await page.goto('/tour/2');
  await page.goBack();
  await expect(page).toHaveURL(/\/tour\/1$/);
  expect((await page.goto('/tour/11'))?.status()).toBe(404);
});
