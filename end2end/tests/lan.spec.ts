import { chromium as playwright } from '@playwright/test';
import { chromium } from '../harness/chromium';
import { expect, test } from '../harness/test';
import { forecast } from '../harness/weather';
import { RECOGNISED } from '../harness/words';

test('66 plain http on a name of the local network: ids are minted, and a retry is recognised', async ({
  server,
  visitors,
  database,
}) => {
  test.setTimeout(90_000);
  const browser = await playwright.launch({
    ...chromium,
    args: [...chromium.args!, '--host-resolver-rules=MAP lan.test 127.0.0.1'],
  });
  try {
    const baseURL = server.url.replace('127.0.0.1', 'lan.test');
    const context = await browser.newContext({ baseURL, serviceWorkers: 'block' });
    const tab = await visitors.welcome(context);
    await tab.open();
    expect(await tab.page.evaluate(() => [isSecureContext, 'locks' in navigator])).toEqual([false, false]);
    expect(await tab.draftId()).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    await forecast(tab.page, { 1: 'reply-lost' });
    await tab.post('Over plain http');
    await expect(tab.card('Over plain http')).toContainText(RECOGNISED);

    const other = await visitors.anotherTab(context);
    await other.open();
    await other.post('From the second tab');
    for (const each of [tab, other]) {
      await expect(each.card('From the second tab')).toHaveAttribute('data-state', /^(posted|replayed)$/);
      await expect(each.cards).toHaveCount(2);
    }
    expect(await database.rows()).toHaveLength(2);
    await visitors.leave();
  } finally {
    await browser.close();
  }
});
