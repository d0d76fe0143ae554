import type { Page } from '@playwright/test';
import { expect, test } from '../harness/test';
import type { Tab } from '../harness/tab';
import { problem } from '../harness/weather';

type Clipboard = 'takes' | 'rejects' | 'throws' | 'is missing' | 'never settles';

/** Puts another clipboard into a page. */
async function lend(page: Page, clipboard: Clipboard): Promise<void> {
  await page.addInitScript((kind) => {
    const writeText = async (text: string): Promise<void> => {
      if (kind === 'rejects') throw new DOMException('Write permission denied.', 'NotAllowedError');
      if (kind === 'never settles') await new Promise(() => undefined);
      (window as unknown as { taken: string }).taken = text;
    };
    const throws = () => {
      throw new TypeError('no clipboard here');
    };
    const value = kind === 'is missing' ? undefined : { writeText: kind === 'throws' ? throws : writeText };
    Object.defineProperty(navigator, 'clipboard', { value, configurable: true });
  }, clipboard);
}

/** Has a post refused for good, which offers to copy it. */
async function refused(tab: Tab, text: string): Promise<void> {
  await tab.open();
  await tab.page.route('**/api/posts/*', (route) => problem(route, 413, 'too-large', false));
  await tab.post(text);
  await expect(tab.card(text)).toHaveAttribute('data-state', 'needs-you');
}

const SAID: Record<Clipboard, RegExp> = {
  takes: /^Copied\.$/,
  rejects: /^Not copied: .*copy it by hand\.$/,
  throws: /^Not copied: .*copy it by hand\.$/,
  'is missing': /^Not copied: .*copy it by hand\.$/,
  'never settles': /^The browser has not said whether this is copied\. .*copy it by hand\.$/,
};

for (const [clipboard, said] of Object.entries(SAID) as [Clipboard, RegExp][]) {
  test(`what is said of a copy is so where the clipboard ${clipboard}`, async ({ tab }) => {
    await lend(tab.page, clipboard);
    await refused(tab, 'To be copied');
    const card = tab.card('To be copied');
    await expect(card.getByTestId('copied')).toBeHidden();
    await card.getByRole('button', { name: 'Copy text' }).click();
    await expect(card.getByTestId('copied')).toHaveText(said);
    await expect(tab.page.getByTestId('announcer')).toHaveText(said);
    const taken = await tab.page.evaluate(() => (window as unknown as { taken?: string }).taken);
    expect(taken).toBe(clipboard === 'takes' ? 'To be copied' : undefined);
    await expect(tab.composer, 'it is no problem of the next draft').not.toContainText('clipboard');
  });
}
