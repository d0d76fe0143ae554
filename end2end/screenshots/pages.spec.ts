import { join } from 'node:path';
import { Panel } from '../harness/panel';
import { expect, test } from '../harness/test';
import type { Tab } from '../harness/tab';
import { holdAttempt } from '../harness/weather';
import { NO_ANSWER } from '../harness/words';

const folder = import.meta.dirname;

/** A room with some life in it: others have posted, one post was recognised, and one has had no answer yet. */
async function live(tab: Tab, others: Tab, path: string): Promise<() => void> {
  await others.open(path);
  await others.post('The ferry is late again, so here is a picture in words: grey, grey, gull.');
  await expect(others.cards).toHaveCount(1);
  await tab.open(path);
  const panel = new Panel(tab);
  await panel.arm('reply-lost');
  await tab.post('Posting this from a train. The tunnel ate the answer.');
  await expect(tab.cards.first()).toHaveAttribute('data-state', 'replayed');

  await panel.arm('reply-lost');
  // Held until the picture is taken.
  const second = await holdAttempt(tab.page, 2);
  await tab.post('And this one in the next tunnel.');
  await expect(tab.cards.first()).toContainText(NO_ANSWER);
  await tab.page.evaluate(() => scrollTo(0, 0));
  return () => second.release();
}

for (const [name, path] of [
  ['home', '/'],
  ['feed', '/feed'],
] as const) {
  for (const width of [320, 1280]) {
    for (const colorScheme of ['light', 'dark'] as const) {
      test(`${name} at ${width}, ${colorScheme}`, async ({ visitors }) => {
        const others = await visitors.arrive();
        const tab = await visitors.arrive({ viewport: { width, height: 800 }, colorScheme });
        const goOn = await live(tab, others, path);
        await tab.page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`), fullPage: true });
        if (name === 'feed' && width === 1280 && colorScheme === 'light') {
          await tab.page.screenshot({ path: join(folder, '../../docs/screenshot.png'), fullPage: true });
        }
        goOn();
        await expect(tab.cards.first()).toHaveAttribute('data-state', 'replayed');
      });
    }
  }
}
