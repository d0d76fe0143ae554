import { expect, test } from '../harness/test';
import type { Tab } from '../harness/tab';
import { forecast, onWrite } from '../harness/weather';
import { NO_ANSWER, RECOGNISED } from '../harness/words';

const five = [1, 2, 3, 4, 5].map((number) => `Post ${number} of 5`);
const PATIENCE = { timeout: 20_000 };

async function enqueueAll(tab: Tab, texts: string[]): Promise<void> {
  for (const text of texts) await tab.enqueue(text);
}

test.describe('the network or the server goes away', { tag: '@core' }, () => {
  test('18 offline, five posts, online without a reload: five rows in order', async ({ tab, database }) => {
    await tab.open();
    await tab.page.context().setOffline(true);
    await enqueueAll(tab, five);
    await tab.page.context().setOffline(false);
    for (const text of five) await expect(tab.card(text)).toHaveAttribute('data-state', 'posted', PATIENCE);
    expect((await database.rows()).map((row) => row.content)).toEqual(five);
  });

  test('18 offline, five posts, a reload that finds no network, online: five rows in order', async ({ tab, database }) => {
    await tab.open();
    const context = tab.page.context();
    await context.setOffline(true);
    await enqueueAll(tab, five);
    // Without a service worker the browser shows its own page, and loads this one again by itself once it is online.
    await tab.page.reload().catch(() => undefined);
    await context.setOffline(false);
    await tab.open();
    // What that load had begun to send may have arrived when this one cut it short: then its retry is recognised.
    for (const text of five) await expect(tab.card(text)).toHaveAttribute('data-state', /^(posted|replayed)$/, PATIENCE);
    expect((await database.rows()).map((row) => row.content)).toEqual(five);
  });

  test('21 the server is killed before the request', async ({ tab, server, database }) => {
    await tab.open();
    await server.kill();
    await tab.enqueue('To a dead server');
    await expect(tab.card('To a dead server')).toHaveAttribute('data-state', 'waiting');
    await server.start();
    await expect(tab.card('To a dead server')).toHaveAttribute('data-state', 'posted', PATIENCE);
    expect(await database.rows()).toHaveLength(1);
  });

  test('22 the server is killed after the commit and before the reply', async ({ tab, server, database }) => {
    await tab.open();
    await forecast(tab.page, { 1: 'slow; delay=30000' });
    await tab.post('Committed by a dying server');
    await expect.poll(() => database.rows()).toHaveLength(1);
    await server.kill();
    await expect(tab.card('Committed by a dying server')).toContainText(NO_ANSWER);
    await server.start();
    await expect(tab.card('Committed by a dying server')).toContainText(RECOGNISED, PATIENCE);
    expect(await database.rows()).toHaveLength(1);
  });

  test('23 the server is killed while five posts drain', async ({ tab, server, database }) => {
    await tab.open();
    await forecast(tab.page, { 1: 'slow; delay=500' });
    await enqueueAll(tab, five);
    await expect.poll(async () => (await database.rows()).length).toBeGreaterThanOrEqual(2);
    await server.kill();
    expect((await database.rows()).length, 'it is killed in the middle').toBeLessThan(5);
    await server.start();
    for (const text of five) await expect(tab.card(text)).toHaveAttribute('data-state', /^(posted|replayed)$/, PATIENCE);
    expect((await database.rows()).map((row) => row.content)).toEqual(five);
  });
});

test('19 a connection that comes and goes twenty times in ten seconds', async ({ tab, database, witness }) => {
  test.setTimeout(90_000);
  await tab.open();
  const context = tab.page.context();
  await context.setOffline(true);
  await enqueueAll(tab, five);
  // Nothing gets through while the browser thinks that it is online.
  await onWrite(tab.page, (route) => route.abort('connectionreset'));
  for (let turn = 0; turn < 20; turn++) {
    await tab.page.waitForTimeout(500);
    await context.setOffline(turn % 2 === 1);
  }
  expect(witness.writes.length, 'one probe, and a budget of ten retries').toBeLessThanOrEqual(13);
  await tab.page.unrouteAll({ behavior: 'wait' });
  await context.setOffline(false);
  for (const text of five) {
    await expect(tab.card(text), 'no queue is stuck').toHaveAttribute('data-state', /^(posted|replayed)$/, {
      timeout: 35_000,
    });
  }
  expect((await database.rows()).map((row) => row.content)).toEqual(five);
});

test('20 the browser is wrong about being offline', async ({ tab }) => {
  await tab.page.addInitScript(() => Object.defineProperty(Navigator.prototype, 'onLine', { get: () => false }));
  await tab.open();
  await tab.page.evaluate(() => window.dispatchEvent(new Event('offline')));
  await tab.post('Sent although the browser says offline');
  await expect(tab.card('Sent although the browser says offline')).toHaveAttribute('data-state', 'posted');
});

test('20 the browser is wrong about being online', async ({ tab, server, database }) => {
  await tab.page.addInitScript(() => Object.defineProperty(Navigator.prototype, 'onLine', { get: () => true }));
  await tab.open();
  await server.kill();
  await tab.enqueue('Kept although the browser says online');
  await expect(tab.card('Kept although the browser says online')).toHaveAttribute('data-state', 'waiting');
  await server.start();
  await expect(tab.card('Kept although the browser says online')).toHaveAttribute('data-state', 'posted', PATIENCE);
  expect(await database.rows()).toHaveLength(1);
});

test('25 the server comes back with nothing: what waited is sent under the ids that it had', async ({
  tab,
  server,
  database,
}) => {
  await tab.open();
  await server.kill();
  await enqueueAll(tab, five);
  await expect(tab.card(five[0]!)).toHaveAttribute('data-state', 'waiting');
  const ids = (await tab.outbox()).map(({ id, content }) => `${content}: ${id}`).sort();
  await database.lose();
  await server.start();
  for (const text of five) await expect(tab.card(text)).toHaveAttribute('data-state', /^(posted|replayed)$/, PATIENCE);
  const rows = await database.rows();
  expect(rows.map(({ content }) => content)).toEqual(five);
  expect(rows.map(({ id, content }) => `${content}: ${id}`)).toEqual(ids);
});

test('29 one probe at a time while the server is away', async ({ tab, server, database }) => {
  await tab.open();
  let inFlight = 0;
  let most = 0;
  tab.page.on('request', (request) => {
    if (request.method() === 'PUT') most = Math.max(most, ++inFlight);
  });
  const ended = (request: { method(): string }) => {
    if (request.method() === 'PUT') inFlight--;
  };
  tab.page.on('requestfinished', ended);
  tab.page.on('requestfailed', ended);

  await server.kill();
  const ten = Array.from({ length: 10 }, (_, index) => `Queued ${index + 1}`);
  await enqueueAll(tab, ten);
  await server.start();
  await expect.poll(async () => (await database.rows()).map((row) => row.content), PATIENCE).toEqual(ten);
  expect(most).toBe(1);
});
