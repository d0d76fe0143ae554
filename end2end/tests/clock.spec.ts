import type { Locator } from '@playwright/test';
import { setClock } from '../harness/storm';
import { expect, test } from '../harness/test';
import { onWrite } from '../harness/weather';

const HOUR = 3_600_000;
const YEAR = 365 * 24 * HOUR;
const PATIENCE = { timeout: 35_000 };

/** No chip may promise a wait beyond the cap of 30 s and its jitter. */
async function waitsWithinTheCap(card: Locator): Promise<void> {
  await expect(card).toHaveAttribute('data-state', /^(waiting|saved|sending)$/);
  const [, seconds] = /next try in (\d+) s/.exec((await card.textContent()) ?? '') ?? [];
  if (seconds) expect(Number(seconds)).toBeLessThanOrEqual(31);
}

test('63 the clock jumps while posts wait: each time the next try comes in time, and the order stays', async ({
  tab,
  database,
  witness,
}) => {
  test.setTimeout(120_000);
  await tab.open();
  await onWrite(tab.page, (route) => route.abort('connectionrefused'));
  const three = [1, 2, 3].map((number) => `In order, ${number}`);
  for (const text of three) await tab.enqueue(text);
  await expect(tab.card(three[0]!)).toHaveAttribute('data-state', 'waiting');
  for (const [name, movedBy] of [
    ['an hour back', -HOUR],
    ['a year back', -YEAR],
    ['a year on', YEAR],
  ] as const) {
    await setClock(tab.page, movedBy);
    const before = witness.writes.length;
    await waitsWithinTheCap(tab.card(three[0]!));
    await expect(tab.feed).not.toContainText('seven days');
    await expect.poll(() => witness.writes.length, { message: name, ...PATIENCE }).toBeGreaterThan(before);
  }
  await tab.page.unrouteAll({ behavior: 'wait' });
  for (const text of three) {
    await expect(tab.card(text)).toHaveAttribute('data-state', /^(posted|replayed)$/, PATIENCE);
  }
  expect((await database.rows()).map(({ content }) => content)).toEqual(three);
});

test('63 written while the clock said 1970, sent after it was set right', async ({ tab, database }) => {
  test.setTimeout(75_000);
  await tab.page.goto('/robots.txt');
  await setClock(tab.page, -Date.now() + HOUR);
  await tab.open();
  await onWrite(tab.page, (route) => route.abort('connectionrefused'));
  await tab.enqueue('Out of time');
  await expect(tab.card('Out of time')).toHaveAttribute('data-state', 'waiting');
  await setClock(tab.page, 0);
  await tab.reload();
  await waitsWithinTheCap(tab.card('Out of time'));
  await expect(tab.feed).not.toContainText('seven days');
  await tab.page.unrouteAll({ behavior: 'wait' });
  await expect(tab.card('Out of time')).toHaveAttribute('data-state', /^(posted|replayed)$/, PATIENCE);
  expect(await database.rows()).toHaveLength(1);
});
