import { request } from '@playwright/test';
import { expect, test } from '../harness/test';

test("the first page's HTML holds the feed", async ({ tab, server }) => {
  await tab.open();
  await tab.post('There before any script');
  await expect(tab.card('There before any script')).toHaveAttribute('data-state', 'posted');

  const client = await request.newContext({ baseURL: server.url });
  const answer = await client.get('/feed');
  expect(answer.status()).toBe(200);
  expect(answer.headers()['cache-control']).toBe('private, no-cache');
  expect(await answer.text()).toContain('There before any script');
  await client.dispose();
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`77 the feed fits into 320 pixels, ${colorScheme}`, async ({ visitors }) => {
    const tab = await visitors.arrive({ viewport: { width: 320, height: 640 }, colorScheme });
    await tab.open();
    await tab.post(`A long word: ${'unbreakable'.repeat(20)}`);
    await expect(tab.cards.first()).toHaveAttribute('data-state', 'posted');
    // What axe says of these colours is asked at the end of every test.
    await tab.fits();
  });
}

test('76 posting takes nothing but a keyboard', async ({ tab }) => {
  await tab.open();
  const { keyboard } = tab.page;
  const focused = () => tab.page.evaluate(() => document.activeElement?.tagName);
  // From the top of the page to the composer, whatever stands before it.
  for (let press = 0; press < 20 && (await focused()) !== 'TEXTAREA'; press++) await keyboard.press('Tab');
  await expect(tab.text).toBeFocused();
  await keyboard.type('Typed and sent by keys');
  for (let press = 0; press < 20 && (await focused()) !== 'BUTTON'; press++) await keyboard.press('Tab');
  await expect(tab.postButton).toBeFocused();
  await keyboard.press('Enter');
  await expect(tab.card('Typed and sent by keys')).toHaveAttribute('data-state', 'posted');

  await tab.text.focus();
  await keyboard.type('Sent by the shortcut');
  await keyboard.press('Control+Enter');
  await expect(tab.card('Sent by the shortcut')).toHaveAttribute('data-state', 'posted');
});

test('79 nothing moves where motion is not wanted', async ({ visitors }) => {
  const tab = await visitors.arrive({ reducedMotion: 'reduce' });
  await tab.open();
  await tab.post('Standing still');
  await expect(tab.card('Standing still')).toHaveAttribute('data-state', 'posted');
  const moving = await tab.page.evaluate(() =>
    document.getAnimations().filter((animation) => Number(animation.effect?.getComputedTiming().duration) > 1).length,
  );
  expect(moving).toBe(0);
});

test('an unknown page is said to be unknown', async ({ tab }) => {
  const answer = await tab.page.goto('/no-such-page');
  expect(answer?.status()).toBe(404);
  await expect(tab.page.getByRole('heading', { level: 1 })).toBeVisible();
});
