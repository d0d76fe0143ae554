import { chromium as playwright } from '@playwright/test';
import { chromium } from '../harness/chromium';
import type { Tab } from '../harness/tab';
import { expect, test } from '../harness/test';
import { gate, onWrite } from '../harness/weather';

/** Tells the page that it is put away, or that it is shown again as it was. */
async function pageIs(tab: Tab, what: 'pagehide' | 'pageshow'): Promise<void> {
  await tab.page.evaluate((name) => {
    window.dispatchEvent(new PageTransitionEvent(name, { persisted: true }));
  }, what);
}

test('56 put away and shown again: what happened meanwhile is there, and nothing is sent again', async ({
  tab,
  visitors,
  database,
  witness,
}) => {
  await tab.open();
  await tab.post('Posted before it was put away');
  await expect(tab.card('Posted before it was put away')).toHaveAttribute('data-state', 'posted');
  await pageIs(tab, 'pagehide');
  const other = await visitors.arrive();
  await other.open();
  await other.post('Posted by another meanwhile');
  await expect(other.card('Posted by another meanwhile')).toHaveAttribute('data-state', 'posted');
  await pageIs(tab, 'pageshow');
  await expect(tab.card('Posted by another meanwhile')).toHaveCount(1);
  await expect(tab.page.locator('[data-live="open"]')).toBeVisible();
  await tab.post('Posted after it came back');
  await expect(tab.card('Posted after it came back')).toHaveAttribute('data-state', 'posted');
  expect(witness.writes).toHaveLength(3);
  expect(await database.rows()).toHaveLength(3);
});

test('56 put away in mid-flight and shown again: one row, under one id', async ({ tab, database, witness }) => {
  await tab.open();
  const { opened, open } = gate();
  await onWrite(tab.page, async (route) => {
    await opened;
    await route.continue();
  });
  await tab.enqueue('In flight when it was put away');
  await expect(tab.card('In flight when it was put away')).toHaveAttribute('data-state', 'sending');
  await pageIs(tab, 'pagehide');
  await pageIs(tab, 'pageshow');
  open();
  await expect(tab.card('In flight when it was put away')).toHaveAttribute('data-state', /^(posted|replayed)$/);
  expect(new Set(witness.writes.map((write) => write.split(' ')[1])).size).toBe(1);
  expect(await database.rows()).toHaveLength(1);
});

test('56 Back with the browser’s own cache of pages', async ({ server, visitors, database, witness }) => {
  const browser = await playwright.launch({ ...chromium, ignoreDefaultArgs: ['--disable-back-forward-cache'] });
  try {
    const context = await browser.newContext({ baseURL: server.url, serviceWorkers: 'block' });
    const tab = await visitors.welcome(context);
    await tab.open();
    await tab.post('Before going away');
    await expect(tab.card('Before going away')).toHaveAttribute('data-state', 'posted');
    await tab.page.evaluate(() => {
      window.addEventListener('pageshow', ({ persisted }) => {
        document.documentElement.dataset.restored = String(persisted);
      });
    });
    await tab.page.goto('/honesty');
    const other = await visitors.arrive();
    await other.open();
    await other.post('While it was away');
    await expect(other.card('While it was away')).toHaveAttribute('data-state', 'posted');

    // A restored page fires no load event, which `goBack` would wait for.
    await tab.page.evaluate(() => history.back());
    await expect.poll(() => tab.page.url()).toContain('/feed');
    await tab.takenOver();
    const restored = await tab.page.evaluate(() => document.documentElement.dataset.restored ?? 'false');
    test.info().annotations.push({ type: 'restored from the cache', description: restored });
    await expect(tab.card('While it was away')).toHaveCount(1);
    await expect(tab.card('Before going away')).toHaveCount(1);
    expect(witness.writes).toHaveLength(2);
    expect(await database.rows()).toHaveLength(2);
    await visitors.leave();
  } finally {
    await browser.close();
  }
});
