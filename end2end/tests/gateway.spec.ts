import { expect, test } from '../harness/test';
import { RECOGNISED } from '../harness/words';

test('29 half a minute away with fifty posts: one probe at a time, then all of them in order', async ({
  visitors,
  server,
  gateway,
  database,
}) => {
  test.setTimeout(180_000);
  const tab = await visitors.arrive({ baseURL: gateway.url });
  await tab.open();
  const fifty = Array.from({ length: 50 }, (_, index) => `Queued ${index + 1} of 50`);
  await server.kill();
  const away = performance.now();
  for (const text of fifty) await tab.enqueue(text);
  await tab.page.waitForTimeout(Math.max(0, 30_000 - (performance.now() - away)));
  const probes = gateway.hits.length;
  expect(new Set(gateway.hits.map(({ id }) => id)).size, 'the others wait behind the probe').toBeLessThanOrEqual(2);
  expect(probes, 'the budget of ten retries, and the slowest probe').toBeLessThanOrEqual(16);
  await server.start();
  await expect
    .poll(async () => (await database.rows()).map((row) => row.content), { timeout: 90_000 })
    .toEqual(fifty);
  expect(gateway.most, 'at most one is under way').toBe(1);
  expect(gateway.hits.length - probes, 'each is sent once').toBeLessThanOrEqual(52);
  await expect(tab.cards).toHaveCount(50);
});

test('65 a reply that is cut at nine tenths is none: asked again, and recognised', async ({
  visitors,
  gateway,
  database,
}) => {
  gateway.cut = ({ attempt }) => (attempt === 1 ? { share: 0.9 } : undefined);
  const tab = await visitors.arrive({ baseURL: gateway.url });
  await tab.open();
  await tab.post('Cut at nine tenths');
  await expect(tab.card('Cut at nine tenths')).toContainText(RECOGNISED);
  expect(gateway.hits.map(({ attempt }) => attempt)).toEqual([1, 2]);
  expect(await database.rows()).toHaveLength(1);
});

test('65 a reply that comes by the byte is given up after ten seconds, and asked for again', async ({
  visitors,
  gateway,
  database,
}) => {
  gateway.cut = ({ attempt }) => (attempt === 1 ? { share: 0.9, everyMs: 1_000 } : undefined);
  const tab = await visitors.arrive({ baseURL: gateway.url });
  await tab.open();
  await tab.post('Drop by drop');
  await expect(tab.card('Drop by drop')).toContainText(RECOGNISED, { timeout: 20_000 });
  const [first, second] = gateway.hits;
  expect(second!.at - first!.at).toBeGreaterThanOrEqual(9_900);
  expect(await database.rows()).toHaveLength(1);
});
