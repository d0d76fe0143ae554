import { randomUUID } from 'node:crypto';
import { rowsOf } from '../harness/outbox';
import { clearStorage, putRow, upgradeStorage } from '../harness/storm';
import { expect, test } from '../harness/test';
import { gate, onWrite } from '../harness/weather';
import { NOT_KEPT } from '../harness/words';

const PATIENCE = { timeout: 35_000 };

test('49 a newer release opens beside an old tab: the old one steps aside and says so, and nothing is lost', async ({
  tab,
  visitors,
  database,
}) => {
  test.setTimeout(60_000);
  const context = tab.page.context();
  await tab.open();
  await onWrite(context, (route) => route.abort('connectionrefused'));
  await tab.enqueue('Waiting while the schema changes');
  await tab.text.fill('Half a thought, older than the schema');
  await expect.poll(async () => (await tab.drafts()).map(({ content }) => content)).toEqual([
    'Half a thought, older than the schema',
  ]);
  // It ends once the old tab has let go.
  await upgradeStorage(tab.page);
  await expect(tab.page.getByText(/reload/i).filter({ visible: true }).first()).toBeVisible();
  await expect(tab.text).toHaveValue('Half a thought, older than the schema');
  expect((await tab.outbox()).map(({ content }) => content)).toEqual(['Waiting while the schema changes']);
  expect((await tab.drafts()).map(({ content }) => content)).toEqual(['Half a thought, older than the schema']);

  await context.unrouteAll({ behavior: 'wait' });
  await tab.page.close();
  const later = await visitors.anotherTab(context);
  await later.open();
  await expect(later.card('Waiting while the schema changes')).toHaveAttribute(
    'data-state',
    /^(posted|replayed)$/,
    PATIENCE,
  );
  await expect(later.text).toHaveValue('Half a thought, older than the schema');
  expect(await database.rows()).toHaveLength(1);
});

test('61 storage is cleared between a press and its answer', async ({ tab, database, witness }) => {
  await tab.open();
  const { opened, open } = gate();
  await onWrite(tab.page, async (route) => {
    await opened;
    await route.continue();
  });
  await tab.enqueue('Outlives its storage');
  await expect(tab.card('Outlives its storage')).toHaveAttribute('data-state', 'sending');
  await clearStorage(tab.page);
  await expect(tab.card('Outlives its storage')).toHaveCount(1);
  open();
  await expect(tab.card('Outlives its storage')).toHaveAttribute('data-state', 'posted');
  await tab.reload();
  await expect(tab.cards).toHaveCount(1);
  expect(witness.writes).toHaveLength(1);
  expect(await database.rows()).toHaveLength(1);
});

test('61 storage is cleared under two tabs: what either knows is written again, and sent once', async ({
  tab,
  visitors,
  database,
}) => {
  test.setTimeout(60_000);
  const context = tab.page.context();
  await tab.open();
  const other = await visitors.anotherTab(context);
  await other.open();
  const { opened, open } = gate();
  await onWrite(context, async (route) => {
    await opened;
    await route.continue();
  });
  await tab.enqueue('Written in the first tab');
  await other.enqueue('Written in the second tab');
  const texts = ['Written in the first tab', 'Written in the second tab'];
  for (const each of [tab, other]) for (const text of texts) await expect(each.card(text)).toHaveCount(1);
  await clearStorage(tab.page);
  await expect.poll(async () => (await tab.outbox()).map(({ content }) => content).sort()).toEqual(texts);
  open();
  for (const each of [tab, other]) {
    for (const text of texts) {
      await expect(each.card(text)).toHaveAttribute('data-state', /^(posted|replayed)$/, PATIENCE);
      await expect(each.card(text)).toHaveCount(1);
    }
  }
  expect((await database.rows()).map(({ content }) => content)).toEqual(texts);
});

test('62 rows that nobody can read are set aside, the others are sent, and the text is taken up', async ({
  tab,
  database,
}) => {
  await tab.open();
  await onWrite(tab.page, (route) => route.abort('connectionrefused'));
  const sound = ['Sound, before the damage', 'Sound, behind the damage'];
  for (const text of sound) await tab.enqueue(text);
  const damaged = randomUUID();
  await putRow(tab.page, 'outbox', { id: damaged, body: { content: 'Damaged on the disk' }, seq: 1 });
  await putRow(tab.page, 'outbox', { id: randomUUID(), body: null, state: 7 });
  await putRow(tab.page, 'outbox', { id: 'no id at all' });
  await tab.page.unrouteAll({ behavior: 'wait' });
  await tab.reload();
  for (const text of sound) {
    await expect(tab.card(text)).toHaveAttribute('data-state', /^(posted|replayed)$/, PATIENCE);
  }
  const aside = tab.card('Damaged on the disk');
  await expect(aside).toHaveAttribute('data-state', 'needs-you');
  await expect(aside).toContainText('not sent');
  await expect(aside.getByRole('button', { name: 'Copy text' })).toBeVisible();
  expect((await tab.outbox()).map(({ id }) => id), 'nothing is thrown away').toContain(damaged);
  expect((await database.rows()).map(({ content }) => content)).toEqual(sound);

  // R15: a text that is taken up leaves no damaged row behind.
  await aside.getByRole('button', { name: 'Edit as new' }).click();
  await expect(tab.text).toHaveValue('Damaged on the disk');
  await expect(aside).toHaveCount(0);
  await expect.poll(async () => (await tab.outbox()).map(({ id }) => id)).not.toContain(damaged);
  await tab.reload();
  await expect(tab.text).toHaveValue('Damaged on the disk');
  await tab.post('Damaged on the disk');
  await expect(tab.card('Damaged on the disk')).toHaveAttribute('data-state', 'posted');
  expect(await database.rows()).toHaveLength(3);
});

test('R7 a release is rolled back: its database is read, and its rows are shown, kept and not sent', async ({
  tab,
  visitors,
  database,
}) => {
  test.setTimeout(60_000);
  const context = tab.page.context();
  await tab.open();
  await onWrite(context, (route) => route.abort('connectionrefused'));
  await tab.enqueue('By the newer release');
  await tab.enqueue('Older than the rollback');
  const newer = (await rowsOf(tab.page, 'outbox')).find(({ body }) => body.content === 'By the newer release');
  await tab.page.goto('/robots.txt');
  // Only its version sets it apart.
  await putRow(tab.page, 'outbox', { ...newer, version: 99 });
  await upgradeStorage(tab.page);
  await tab.page.close();
  await context.unrouteAll({ behavior: 'wait' });
  const later = await visitors.anotherTab(context);
  await later.open();
  await expect(later.card('Older than the rollback')).toHaveAttribute('data-state', /^(posted|replayed)$/, PATIENCE);
  const aside = later.card('By the newer release');
  await expect(aside).toHaveAttribute('data-state', 'needs-you');
  await expect(aside.getByRole('button', { name: 'Copy text' })).toBeVisible();
  await expect(later.page.getByText(NOT_KEPT)).toHaveCount(0);
  expect((await later.outbox()).map(({ id }) => id)).toContain(newer.id);
  expect((await database.rows()).map(({ content }) => content)).toEqual(['Older than the rollback']);
});
