import { expect, test } from '../harness/test';

test('what one browser posts, another shows without a reload', { tag: '@core' }, async ({ tab, visitors }) => {
  const reader = await visitors.arrive();
  await reader.open();
  await tab.open();
  await tab.post('Seen live');
  await expect(reader.card('Seen live')).toHaveCount(1);
});

test('26 a cut stream catches up: no gap, nothing twice', async ({ tab, server, visitors }) => {
  const reader = await visitors.arrive();
  await reader.open();
  await tab.open();
  await tab.post('Before the cut');
  await expect(reader.card('Before the cut')).toHaveCount(1);

  // The server's death cuts the stream, and the reader's new ones do not get through.
  await reader.page.route('**/api/rooms/*/events*', (route) => route.abort('connectionreset'));
  await server.kill();
  await expect(reader.feed).toContainText('Live updates paused');
  await server.start();
  for (const number of [1, 2, 3]) {
    await tab.post(`During the cut, ${number}`);
    await expect(tab.card(`During the cut, ${number}`)).toHaveAttribute('data-state', 'posted');
  }
  await expect(reader.cards).toHaveCount(1);
  await reader.page.unroute('**/api/rooms/*/events*');
  await expect(reader.cards).toHaveCount(4, { timeout: 20_000 });
});

test('26 the server restarts: the feed stays, says so, and goes on', async ({ tab, server }) => {
  await tab.open();
  await tab.post('Before the restart');
  await expect(tab.card('Before the restart')).toHaveAttribute('data-state', 'posted');
  await server.kill();
  await expect(tab.feed).toContainText('Live updates paused');
  await expect(tab.card('Before the restart')).toBeVisible();
  await server.start();
  await expect(tab.page.locator('[data-live="open"]')).toBeVisible({ timeout: 20_000 });
});

test('27 a stream that is refused is asked for again', async ({ tab, visitors }) => {
  const reader = await visitors.arrive();
  let refused = 0;
  await reader.page.route('**/api/rooms/*/events*', (route) =>
    ++refused <= 2 ? route.fulfill({ status: 503, body: '' }) : route.continue(),
  );
  await reader.open();
  await tab.open();
  await tab.post('After two refusals');
  await expect(reader.card('After two refusals')).toHaveCount(1, { timeout: 20_000 });
  expect(refused).toBeGreaterThan(2);
});
