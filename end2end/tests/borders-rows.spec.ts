import { randomUUID } from 'node:crypto';
import { rowsOf } from '../harness/outbox';
import { putRow } from '../harness/storm';
import { expect, test } from '../harness/test';

/** A row as this release writes it, but for what is given. */
const rowOf = (given: object) => ({
  ...{ version: 1, wish: 'post', seq: 1, attempts: 0, failures: 0, uncertain: false },
  ...{ created_at: 1, trying_since: 1, tried_ms: 0, revision: 1, state: { name: 'queued' } },
  ...given,
});

for (const [kind, change] of Object.entries<(row: any) => object>({
  'a newer release': (row) => ({ ...row, version: 99, revision: row.revision + 1 }),
  'something that writes half of it': ({ id, body }) => ({ id, body }),
})) {
  test(`R7 a row that ${kind} has written over is neither written nor sent by this page`, async ({ tab, database, intents, witness }) => {
    await tab.open();
    await tab.page.route('**/api/posts/*', (route) => route.abort('connectionrefused'));
    await tab.enqueue('Taken over by another');
    await expect(tab.card('Taken over by another')).toHaveAttribute('data-state', 'waiting');
    const [row] = await rowsOf(tab.page, 'outbox');
    await putRow(tab.page, 'outbox', change(row));
    intents.refuse('Taken over by another');
    // The next attempt finds it.
    await expect(tab.card('Taken over by another')).toHaveAttribute('data-state', 'needs-you', { timeout: 20_000 });
    const sent = witness.writes.length;
    await tab.page.unrouteAll({ behavior: 'wait' });
    await tab.enqueue('Sent all the same');
    await expect(tab.card('Sent all the same')).toHaveAttribute('data-state', 'posted');
    expect(witness.writes.slice(sent), 'the other one is not sent').toHaveLength(1);
    expect((await rowsOf(tab.page, 'outbox')).find(({ id }) => id === row.id)).toEqual(change(row));
    expect((await database.rows()).map(({ content }) => content)).toEqual(['Sent all the same']);
  });
}

test('R7 a text of the second place whose id stands for another text is kept as a draft', async ({ tab, database, intents }) => {
  await tab.open();
  const owner = await tab.userId();
  const id = '01890000-0000-7000-8000-000000000009';
  const other = rowOf({ id, owner, body: { content: 'Kept without storage', room: 'lobby' } });
  await putRow(tab.page, 'outbox', rowOf({ id, owner, body: { content: 'Kept in storage', room: 'lobby' } }));
  await tab.page.evaluate(
    ([key, item]) => localStorage.setItem(`postonce-unsent-${key}`, JSON.stringify({ items: [item], drafts: [] })),
    [randomUUID(), other] as const,
  );
  intents.add('Kept in storage');
  await tab.reload();
  await expect(tab.card('Kept in storage')).toHaveAttribute('data-state', 'posted');
  await expect.poll(async () => `${await tab.text.inputValue()} ${await tab.feed.innerText()}`).toContain('Kept without storage');
  expect((await database.rows()).map(({ content }) => content)).toEqual(['Kept in storage']);
});

test('R2 two presses of a text whose id stands for another one are one post', async ({ tab, database }) => {
  await tab.open();
  await tab.post('The first text');
  await expect(tab.card('The first text')).toHaveAttribute('data-state', 'posted');
  const [{ id }] = await database.rows();
  await putRow(tab.page, 'drafts', { id, content: 'Another text', room: 'lobby', saved_at: Date.now() });
  await tab.reload();
  await expect(tab.text).toHaveValue('Another text');
  await tab.text.fill('Another text, edited');
  await tab.page.evaluate(() => {
    const form = document.querySelector<HTMLFormElement>('[data-testid="composer"]')!;
    for (let press = 0; press < 3; press++) form.requestSubmit();
  });
  await expect(tab.card('Another text, edited')).toHaveAttribute('data-state', 'posted');
  await expect(tab.text).toHaveValue('');
  expect((await database.rows()).map(({ content }) => content)).toEqual(['The first text', 'Another text, edited']);
});
