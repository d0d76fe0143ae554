import { randomUUID } from 'node:crypto';
import { becomeSomebodyElse } from '../harness/storm';
import { expect, test } from '../harness/test';
import { onWrite } from '../harness/weather';

test('R3 its owner is back in another tab: what waited is sent, and so is what was typed in the old tab', async ({
  tab,
  visitors,
  database,
}) => {
  test.setTimeout(90_000);
  await tab.open();
  const me = await tab.userId();
  await onWrite(tab.page, (route) => route.abort('connectionrefused'));
  await tab.enqueue('For the person who wrote it');
  const back = await becomeSomebodyElse(tab.page);
  // This tab was opened by the first person, and has heard of nothing.
  await tab.enqueue('Typed in the old tab');
  await tab.page.unrouteAll({ behavior: 'wait' });
  const both = ['For the person who wrote it', 'Typed in the old tab'];
  for (const text of both) await expect(tab.card(text)).toHaveAttribute('data-state', 'needs-you', { timeout: 35_000 });
  expect(await database.rows(), 'nothing is stored as anybody’s').toHaveLength(0);
  await back();
  const other = await visitors.anotherTab(tab.page.context());
  await other.open();
  for (const each of [tab, other]) {
    for (const text of both) {
      await expect(each.card(text)).toHaveAttribute('data-state', /posted|replayed/, { timeout: 35_000 });
    }
  }
  expect((await database.rows()).map(({ user_id, content }) => [user_id, content])).toEqual(
    both.map((text) => [me, text]),
  );
});

test('R3 a new visitor of the same browser never sends what the one before left', async ({
  tab,
  visitors,
  database,
}) => {
  const context = tab.page.context();
  await tab.open();
  await onWrite(context, (route) => route.abort('connectionrefused'));
  await tab.enqueue('Left by the one before');
  await becomeSomebodyElse(tab.page);
  await tab.page.close();
  await context.unrouteAll({ behavior: 'wait' });
  const later = await visitors.anotherTab(context);
  await later.open();
  const second = await later.userId();
  await expect(later.card('Left by the one before')).toHaveAttribute('data-state', 'needs-you');
  await later.post('By the new visitor');
  await expect(later.card('By the new visitor')).toHaveAttribute('data-state', 'posted');
  expect((await database.rows()).map(({ user_id, content }) => [user_id, content])).toEqual([
    [second, 'By the new visitor'],
  ]);
});

test('R3 an answer about somebody else’s post is no answer', async ({ tab, database, witness }) => {
  await tab.open();
  await onWrite(tab.page, async (route, attempt) => {
    if (attempt > 1) return route.continue();
    const id = route.request().url().split('/').at(-1);
    const { content, room } = route.request().postDataJSON();
    await route.fulfill({
      status: 201,
      contentType: 'application/json',
      body: JSON.stringify({
        id,
        user_id: randomUUID(),
        author: 'Somebody else',
        image_id: null,
        content,
        room: room ?? 'lobby',
        create_timestamp: '2026-01-01T00:00:00.000Z',
      }),
    });
  });
  await tab.post('Answered with another name');
  await expect.poll(() => database.rows(), { timeout: 15_000 }).toHaveLength(1);
  await expect(tab.card('Answered with another name')).toHaveAttribute('data-state', /posted|replayed/);
  expect(witness.writes).toHaveLength(2);
});

test('R17 a cookie that another program of the host sets under an open page changes nothing', async ({
  tab,
  server,
  database,
}) => {
  await tab.open();
  const me = await tab.userId();
  await tab.page.context().addCookies([{ name: 'session', value: 'of-another-program', url: server.url }]);
  await tab.enqueue('Unmoved by another program');
  await expect(tab.card('Unmoved by another program')).toHaveAttribute('data-state', 'posted');
  await expect(tab.cards).toHaveCount(1);
  await tab.reload();
  await tab.post('After a reload as well');
  await expect(tab.card('After a reload as well')).toHaveAttribute('data-state', 'posted');
  await expect(tab.cards).toHaveCount(2);
  expect((await database.rows()).map(({ user_id }) => user_id)).toEqual([me, me]);
});
