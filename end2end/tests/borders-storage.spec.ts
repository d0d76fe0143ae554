import { becomeSomebodyElse, clearStorage, holdStorage, misreportSave, putRow, setClock } from '../harness/storm';
import { expect, test } from '../harness/test';
import { forecast } from '../harness/weather';
import { NOT_KEPT } from '../harness/words';

const YEAR_MS = 365 * 24 * 3_600_000;

for (const seconds of [0.5, 3.2, 12]) {
  test(`R1 storage that stalls for ${seconds} s makes one post of one press`, async ({ tab, database }) => {
    await tab.open();
    await tab.write('Pressed while the disk was slow');
    await expect.poll(async () => (await tab.drafts()).length).toBe(1);
    const release = await holdStorage(tab.page);
    await tab.postButton.click();
    await expect(tab.composer.getByText('Saving…')).toBeVisible();
    await expect(tab.text, 'the text is in one place').toHaveValue('Pressed while the disk was slow');
    await tab.postButton.click();
    await tab.page.waitForTimeout(seconds * 1_000);
    await release();
    await expect(tab.card('Pressed while the disk was slow')).toHaveAttribute('data-state', /posted|replayed/, {
      timeout: 20_000,
    });
    await expect(tab.text).toHaveValue('');
    await expect(tab.composer.getByText('Saving…')).toBeHidden();
    await expect(tab.page.getByText(NOT_KEPT)).toBeHidden({ timeout: 20_000 });
    expect(await database.rows()).toHaveLength(1);
  });
}

for (const how of ['late', 'as failed'] as const) {
  test(`R1 a save that is reported ${how} is one post, and leaves an empty field`, async ({ tab, database }) => {
    const content = `Saved, and reported ${how}`;
    await tab.open();
    await tab.write(content);
    await misreportSave(tab.page, how);
    await tab.postButton.click();
    if (how === 'late') {
      await expect(tab.composer).toContainText('Saving…');
      // Who sees the text stand there presses again.
      await expect(tab.text).toHaveValue(content);
      await tab.composer.locator('button[type="submit"]').click({ force: true });
    }
    await expect(tab.card(content)).toHaveAttribute('data-state', /posted|replayed/, { timeout: 20_000 });
    await expect(tab.text).toHaveValue('');
    await expect(tab.composer).not.toContainText('Not posted');
    await expect(tab.cards).toHaveCount(1);
    expect((await tab.drafts()).map((draft) => draft.content)).not.toContain(content);
    expect(await database.rows()).toHaveLength(1);
  });
}

test('R1 storage that is cleared under a press makes one post of it', async ({ tab, database }) => {
  await tab.open();
  await tab.write('Pressed while it was cleared');
  const release = await holdStorage(tab.page);
  const cleared = clearStorage(tab.page);
  await tab.postButton.click();
  await expect(tab.composer.getByText('Saving…')).toBeVisible();
  await release();
  await cleared;
  await expect(tab.card('Pressed while it was cleared')).toHaveAttribute('data-state', /posted|replayed/, {
    timeout: 20_000,
  });
  await expect(tab.text).toHaveValue('');
  await expect(tab.cards).toHaveCount(1);
  expect(await database.rows()).toHaveLength(1);
});

test('R2 a draft under the id of a settled post is posted as new', async ({ tab, intents, database }) => {
  await tab.open();
  await tab.enqueue('The first text of this id');
  await expect(tab.card('The first text of this id')).toHaveAttribute('data-state', 'posted');
  const id = (await tab.outbox())[0]!.id;
  await putRow(tab.page, 'drafts', { id, content: 'Another', room: 'lobby', saved_at: Date.now() });
  await tab.page.goto('about:blank');
  await tab.open();
  await expect(tab.text).toHaveValue('Another');
  intents.add('Another text of this id');
  await tab.text.fill('Another text of this id');
  await tab.postButton.click();
  await expect(tab.card('Another text of this id')).toHaveAttribute('data-state', 'posted');
  await expect(tab.text).toHaveValue('');
  expect(await database.rows()).toHaveLength(2);
});

for (const [what, times] of [
  ['once', 1],
  ['three times', 3],
] as const) {
  test(`R7 storage that cannot be opened ${what} is returned to, with what was written meanwhile`, async ({
    tab,
    database,
  }) => {
    await tab.page.addInitScript((times) => {
      const open = IDBFactory.prototype.open;
      let left = times;
      IDBFactory.prototype.open = function (...given) {
        if (left-- > 0) throw new DOMException('refused by the test', 'InvalidStateError');
        return open.apply(this, given);
      };
    }, times);
    await tab.open();
    await forecast(tab.page, { 1: 'request-lost' });
    await tab.post('Written without a disk');
    await expect(tab.page.getByText(NOT_KEPT)).toBeHidden({ timeout: 30_000 });
    await expect.poll(async () => (await tab.outbox()).map((item) => item.content)).toEqual(['Written without a disk']);
    await expect(tab.card('Written without a disk')).toHaveAttribute('data-state', /posted|replayed/);
    expect(await database.rows()).toHaveLength(1);
  });
}

test('R7 storage that is cleared again and again ends in storage', async ({ tab, database }) => {
  await tab.open();
  for (let time = 1; time <= 5; time++) {
    await clearStorage(tab.page);
    await tab.post(`After clearing ${time} times`);
    await expect(tab.card(`After clearing ${time} times`)).toHaveAttribute('data-state', /posted|replayed/);
  }
  await expect(tab.page.getByText(NOT_KEPT)).toBeHidden({ timeout: 30_000 });
  expect(await database.rows()).toHaveLength(5);
});

test('R7 without storage an unsent text survives a reload in a second place', async ({ tab, database }) => {
  await tab.page.addInitScript(() => {
    IDBFactory.prototype.open = () => {
      throw new DOMException('refused by the test', 'InvalidStateError');
    };
  });
  await tab.open();
  let down = true;
  await tab.page.route('**/api/posts/*', (route) => (down ? route.abort() : route.continue()));
  await tab.post('Kept in a second place');
  await expect(tab.card('Kept in a second place')).toHaveAttribute('data-state', 'waiting');
  tab.page.on('dialog', (dialog) => void dialog.accept());
  await tab.reload();
  down = false;
  await expect(tab.card('Kept in a second place')).toHaveAttribute('data-state', /posted|replayed/, { timeout: 20_000 });
  expect(await database.rows()).toHaveLength(1);
});

test('R7 where nothing is kept, leaving a text is asked about, and leaving none is not', async ({ tab }) => {
  await tab.page.addInitScript(() => {
    IDBFactory.prototype.open = () => {
      throw new DOMException('refused by the test', 'InvalidStateError');
    };
  });
  await tab.open();
  await expect(tab.page.getByText(NOT_KEPT)).toBeVisible();
  const asks = () =>
    tab.page.evaluate(() => !window.dispatchEvent(new Event('beforeunload', { cancelable: true })));
  expect(await asks(), 'nothing is written yet').toBe(false);
  await tab.text.fill('Half a thought that nothing keeps');
  await expect.poll(asks).toBe(true);
  await tab.text.fill('');
  await expect.poll(asks).toBe(false);
});

test('R7 a row of a newer version is kept and shown', async ({ tab, intents }) => {
  await tab.open();
  await putRow(tab.page, 'outbox', {
    version: 99,
    id: '01890000-0000-7000-8000-000000000001',
    body: { content: 'From the future' },
  });
  await tab.reload();
  intents.refuse('From the future');
  const card = tab.card('From the future');
  await expect(card).toHaveAttribute('data-state', 'needs-you');
  await expect(card.getByRole('button', { name: 'Copy text' })).toBeVisible();
  await card.getByRole('button', { name: 'Discard' }).first().click();
  await card.getByRole('button', { name: 'Discard' }).last().click();
  await expect(card).toHaveCount(0);
});

const ID = '01890000-0000-7000-8000-000000000002';
const WHOLE = {
  ...{ version: 1, id: ID, owner: '01890000-0000-4000-8000-000000000003', wish: 'post', seq: 1, attempts: 3, failures: 3 },
  ...{ uncertain: false, created_at: 1, trying_since: 1, tried_ms: 0, revision: 7, state: { name: 'queued' } },
};

for (const [kind, row] of Object.entries<object>({
  'without most of it': { version: 1, id: ID },
  'with a state that nobody knows': { ...WHOLE, state: { name: 'dreaming' } },
  'whole, of a newer version': { ...WHOLE, version: 99 },
})) {
  for (const way of ['Edit as new', 'Discard']) {
    test(`R15 ${way} leaves nothing of a row ${kind}`, async ({ tab, database, intents }) => {
      await tab.open();
      await putRow(tab.page, 'outbox', { ...row, body: { content: 'Half a row', room: 'lobby' } });
      await tab.reload();
      const card = tab.card('Half a row');
      await expect(card).toHaveAttribute('data-state', 'needs-you');
      await card.getByRole('button', { name: way }).first().click();
      if (way === 'Discard') {
        intents.refuse('Half a row');
        await card.getByRole('button', { name: way }).last().click();
        await expect(card).toHaveCount(0);
      } else {
        await expect(tab.text).toHaveValue('Half a row');
        await expect(card).toHaveCount(0);
        await tab.post('Half a row, made whole');
        await expect(tab.card('Half a row, made whole')).toHaveAttribute('data-state', 'posted');
      }
      await tab.reload();
      await expect(tab.card('Half a row')).toHaveCount(0);
      expect(await database.rows()).toHaveLength(way === 'Discard' ? 0 : 1);
    });
  }
}

for (const [what, offset] of [
  ['set forward by a year', YEAR_MS],
  ['set back by a year', -YEAR_MS],
] as const) {
  test(`R8 63 a clock ${what} neither gives up nor freezes`, async ({ tab, database }) => {
    await tab.open();
    let down = true;
    await tab.page.route('**/api/posts/*', (route) => (down ? route.abort() : route.continue()));
    await tab.enqueue('Written by another clock');
    await expect(tab.card('Written by another clock')).toHaveAttribute('data-state', 'waiting');
    await setClock(tab.page, offset);
    await tab.reload();
    await expect(tab.card('Written by another clock')).toHaveAttribute('data-state', /waiting|sending/);
    await expect(tab.card('Written by another clock')).not.toContainText('seven days');
    down = false;
    await expect(tab.card('Written by another clock')).toHaveAttribute('data-state', /posted|replayed/, {
      timeout: 35_000,
    });
    expect(await database.rows()).toHaveLength(1);
  });
}

test('R18 a draft of a closed tab is found, and what waits is said on every page', async ({ tab, visitors, database }) => {
  await tab.open();
  await tab.text.fill('The older draft');
  await expect.poll(async () => (await tab.drafts()).length).toBe(1);
  const second = await visitors.anotherTab(tab.page.context());
  await second.open();
  await second.text.fill('The younger draft');
  await expect.poll(async () => (await tab.drafts()).length).toBe(2);
  const third = await visitors.anotherTab(tab.page.context());
  await tab.page.close();
  await second.page.close();
  await third.open();
  await expect(third.text).toHaveValue('The younger draft');
  const left = third.page.getByTestId('drafts');
  await expect(left).toContainText('The older draft');
  await third.text.fill('');
  await left.getByRole('button', { name: 'Continue writing' }).click();
  await expect(third.text).toHaveValue('The older draft');
  await expect(left).toBeHidden();

  await third.page.route('**/api/posts/*', (route) => route.abort());
  await third.post('Waits on every page');
  await expect(third.card('Waits on every page')).toHaveAttribute('data-state', 'waiting');
  for (const path of ['/numbers', '/honesty', '/lab']) {
    await third.page.goto(path);
    await expect(third.page.getByTestId('waiting')).toContainText('1 post waits to be sent');
  }
  await third.page.unroute('**/api/posts/*');
  await third.open();
  await expect(third.card('Waits on every page')).toHaveAttribute('data-state', /posted|replayed/, { timeout: 35_000 });
  expect(await database.rows()).toHaveLength(1);
});

test('R3 what one identity wrote is never posted as another', async ({ tab, database }) => {
  await tab.open();
  const me = await tab.userId();
  let down = true;
  await tab.page.route('**/api/posts/*', (route) => (down ? route.abort() : route.continue()));
  await tab.enqueue('Written by the first');
  const back = await becomeSomebodyElse(tab.page);
  down = false;
  const card = tab.card('Written by the first');
  await expect(card).toHaveAttribute('data-state', 'needs-you', { timeout: 35_000 });
  await expect(card).toContainText('another identity');
  expect(await database.rows()).toHaveLength(0);
  await back();
  await tab.reload();
  await expect(card).toHaveAttribute('data-state', /posted|replayed/, { timeout: 35_000 });
  const feed = await (await tab.page.request.get('/api/posts')).json();
  expect(feed.posts.map((post: { user_id: string }) => post.user_id)).toEqual([me]);
});

test('R17 a cookie of another program on the host does no harm', async ({ tab, server, database }) => {
  await tab.page.context().addCookies([{ name: 'session', value: 'of-another-program', url: server.url }]);
  await tab.open();
  await tab.post('Beside another cookie');
  await expect(tab.card('Beside another cookie')).toHaveAttribute('data-state', 'posted');
  await expect(tab.card('Beside another cookie')).toHaveCount(1);
  expect(await database.rows()).toHaveLength(1);
});
