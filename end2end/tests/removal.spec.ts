import { expect, test } from '../harness/test';
import { forecast } from '../harness/weather';

test('80 stopped after a lost reply: it goes, and a late packet does not bring it back', { tag: '@core' }, async ({
  tab,
  database,
  intents,
}) => {
  await tab.open();
  // Held for the tab's whole life: the request arrives, and its answer never does.
  let late: (() => Promise<Response>) | undefined;
  await tab.page.route('**/api/posts/*', async (route) => {
    const request = route.request();
    if (request.method() !== 'PUT') return route.fallback();
    const headers = await request.allHeaders();
    late ??= () => fetch(request.url(), { method: 'PUT', headers, body: request.postData() });
    await route.fetch();
    await route.abort('connectionreset');
  });
  await tab.post('Better not');
  const card = tab.card('Better not');
  await expect(card).toHaveAttribute('data-state', 'waiting');
  await card.getByRole('button', { name: 'Stop' }).click();
  intents.withdraw('Better not');
  await expect(card).toHaveCount(0);
  await expect.poll(async () => (await database.rows()).map((row) => row.deleted)).toEqual([true]);

  const answer = await late!();
  expect(answer.status).toBe(410);
  await expect(card).toHaveCount(0);
});

test('80 stopped before its request arrives: a tombstone is there first', async ({ tab, database, intents }) => {
  await tab.open();
  let late: (() => Promise<Response>) | undefined;
  await tab.page.route('**/api/posts/*', async (route) => {
    const request = route.request();
    if (request.method() !== 'PUT') return route.fallback();
    const headers = await request.allHeaders();
    late ??= () => fetch(request.url(), { method: 'PUT', headers, body: request.postData() });
    await route.abort('timedout');
  });
  await tab.post('Stopped in time');
  await expect(tab.card('Stopped in time')).toHaveAttribute('data-state', 'waiting');
  await tab.card('Stopped in time').getByRole('button', { name: 'Stop' }).click();
  intents.withdraw('Stopped in time');
  await expect(tab.card('Stopped in time')).toHaveCount(0);
  await expect.poll(async () => (await database.rows()).map((row) => row.deleted)).toEqual([true]);

  expect((await late!()).status).toBe(410);
  await expect(tab.card('Stopped in time')).toHaveCount(0);
});

test('stopped before it was ever sent: nothing is asked of the server', async ({ tab, witness, intents }) => {
  await tab.open();
  await tab.page.context().setOffline(true);
  await tab.enqueue('Head of the queue');
  await tab.enqueue('Never sent');
  await tab.card('Never sent').getByRole('button', { name: 'Stop' }).click();
  intents.withdraw('Never sent');
  await expect(tab.card('Never sent')).toHaveCount(0);
  await tab.page.context().setOffline(false);
  await expect(tab.card('Head of the queue')).toHaveAttribute('data-state', 'posted', { timeout: 15_000 });
  expect(witness.writes.filter((write) => write.startsWith('DELETE'))).toEqual([]);
});

test('one’s own post is deleted although the reply is lost', { tag: '@core' }, async ({
  tab,
  visitors,
  database,
  witness,
  intents,
}) => {
  await tab.open();
  await tab.post('Taken back');
  const card = tab.card('Taken back');
  await expect(card).toHaveAttribute('data-state', 'posted');
  const reader = await visitors.arrive();
  await reader.open();
  await expect(reader.card('Taken back')).toBeVisible();
  await expect(reader.card('Taken back').getByRole('button', { name: 'Delete' })).toHaveCount(0);

  let deletions = 0;
  await forecast(tab.page, () => (deletions++ === 0 ? 'reply-lost' : undefined));
  await card.getByRole('button', { name: 'Delete' }).click();
  await card.getByRole('group').getByRole('button', { name: 'Delete' }).click();
  intents.withdraw('Taken back');
  await expect(card).toHaveCount(0);
  await expect(reader.card('Taken back')).toHaveCount(0);
  await expect.poll(() => witness.writes.filter((write) => write.startsWith('DELETE')).length).toBe(2);
  expect((await database.rows()).map((row) => row.deleted)).toEqual([true]);
});
