import AxeBuilder from '@axe-core/playwright';
import { type Page, expect } from '@playwright/test';

/** No serious or critical finding of axe. */
export async function isAccessible(page: Page): Promise<void> {
  // A colour in transition is no colour to judge; what never ends is none that axe waits for.
  await page.evaluate(() => {
    const ending = (animation: Animation) => animation.effect?.getComputedTiming().iterations !== Infinity;
    const over = (animation: Animation) => animation.finished.catch(() => undefined);
    return Promise.all(document.getAnimations().filter(ending).map(over)).then(() => undefined);
  });
  const { violations } = await new AxeBuilder({ page }).analyze();
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  const findings = grave.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`);
  expect(findings, 'axe finds nothing serious').toEqual([]);
}

/** The same for a page that may run no scripts, as axe is one: its markup is looked at in a page that may. */
export async function markupIsAccessible(page: Page): Promise<void> {
  const url = page.url();
  const body = (await page.content()).replace(/<script\b.*?<\/script>/gs, '');
  const context = await page.context().browser()!.newContext({ javaScriptEnabled: true });
  try {
    const copy = await context.newPage();
    await copy.route(url.replace(/#.*/, ''), (route) => route.fulfill({ contentType: 'text/html; charset=utf-8', body }));
    await copy.goto(url);
    await isAccessible(copy);
  } finally {
    await context.close();
  }
}
