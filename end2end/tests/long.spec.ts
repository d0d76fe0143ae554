import { expect, test } from '../harness/test';

const TEXTS = {
  'line breaks': `.${'\n'.repeat(2_046)}.`,
  'a word without spaces': 'e'.repeat(2_048),
  'marks upon one letter': `e${'\u0301'.repeat(2_047)}`,
  'very many short lines': Array.from({ length: 400 }, (_, line) => `l ${line % 10}`).join('\n'),
};

/** Twelve lines, what stands around them, and a row of buttons. */
const TALLEST = 500;

for (const width of [320, 1280]) {
  for (const [kind, text] of Object.entries(TEXTS)) {
    test(`a long post is folded at ${width} pixels: ${kind}`, async ({ visitors, intents }) => {
      const tab = await visitors.arrive({ viewport: { width, height: 800 } });
      await tab.open();
      intents.add(text);
      const card = tab.cards.first();
      const more = card.getByRole('button', { name: 'Show more' });
      const height = async () => (await card.boundingBox())?.height ?? Number.NaN;

      // Unsent first, and then stored.
      await tab.page.route('**/api/posts/*', (route) => route.abort());
      await tab.text.fill(text);
      await tab.postButton.click();
      await expect(card).toHaveAttribute('data-state', /sending|waiting/);
      expect(await height()).toBeLessThan(TALLEST + 80);
      await tab.fits();
      await tab.page.unroute('**/api/posts/*');
      await expect(card).toHaveAttribute('data-state', 'posted');
      expect(await height()).toBeLessThan(TALLEST);
      await tab.fits();
      if (kind === 'marks upon one letter') return;

      const folded = await height();
      await expect(more).toHaveAttribute('aria-expanded', 'false');
      await more.focus();
      await tab.page.keyboard.press('Enter');
      const less = card.getByRole('button', { name: 'Show less' });
      await expect(less).toBeFocused();
      await expect(less).toHaveAttribute('aria-expanded', 'true');
      expect(await height()).toBeGreaterThan(folded + 20);
      await tab.fits();
      await tab.page.keyboard.press('Enter');
      await expect(more).toBeFocused();
      expect(await height()).toBe(folded);
      await expect(card).toBeInViewport();
    });
  }
}

test('a post that fits has nothing to show more of, also once the window is wider', async ({ visitors }) => {
  const tab = await visitors.arrive({ viewport: { width: 320, height: 800 } });
  await tab.open();
  await tab.post('Three words each. '.repeat(24).trim());
  const more = tab.cards.first().getByRole('button', { name: 'Show more' });
  await expect(more).toBeVisible();
  await tab.page.setViewportSize({ width: 1280, height: 800 });
  await expect(more).toBeHidden();
});

test('without JavaScript a long post scrolls in its place, by keys too', async ({ visitors, intents }) => {
  const tab = await visitors.arrive({ javaScriptEnabled: false, viewport: { width: 320, height: 800 } });
  await tab.page.goto('/feed');
  const text = TEXTS['very many short lines'];
  intents.add(text);
  await tab.text.fill(text);
  await tab.postButton.click();
  const card = tab.cards.first();
  const box = await card.boundingBox();
  expect(box!.height).toBeLessThan(TALLEST);
  await expect(card.getByRole('button', { name: 'Show more' })).toBeHidden();
  const content = card.locator('.content');
  await content.focus();
  await tab.page.keyboard.press('End');
  await expect.poll(() => content.evaluate((element) => element.scrollTop)).toBeGreaterThan(1_000);
  await tab.fits();
});
