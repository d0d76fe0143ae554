import { isAccessible } from '../harness/accessibility';
import { freeze } from '../harness/storm';
import { expect, test } from '../harness/test';
import { gate, onWrite } from '../harness/weather';

test('43 two tabs, one outbox: one sends, both show it', async ({ tab, visitors, witness }) => {
  await tab.open();
  const other = await visitors.anotherTab(tab.page.context());
  await other.open();
  await tab.post('Written here, shown there');
  for (const { card } of [tab, other].map((each) => ({ card: each.card('Written here, shown there') }))) {
    await expect(card).toHaveAttribute('data-state', 'posted');
    await expect(card).toHaveCount(1);
  }
  expect(witness.writes).toHaveLength(1);
});

test('44 the sending tab is closed while its queue drains: the other sends at once', async ({
  tab,
  visitors,
  database,
}) => {
  test.setTimeout(60_000);
  const context = tab.page.context();
  await tab.open();
  const other = await visitors.anotherTab(context);
  await other.open();
  // The third is under way for as long as the tab lives.
  const { opened, open } = gate();
  let sent = 0;
  await onWrite(tab.page, async (route) => (++sent < 3 ? route.continue() : open()));
  const six = Array.from({ length: 6 }, (_, index) => `Left to the other tab, ${index + 1}`);
  for (const text of six) await tab.enqueue(text);
  await opened;
  const next = other.page.waitForRequest((request) => request.method() === 'PUT');
  await tab.page.close();
  const closed = performance.now();
  await next;
  expect(performance.now() - closed, 'milliseconds until the other tab sends, on a busy machine').toBeLessThan(10_000);
  for (const text of six) await expect(other.card(text)).toHaveAttribute('data-state', /^(posted|replayed)$/);
  expect((await database.rows()).map((row) => row.content)).toEqual(six);
});

test('45 the sending tab is frozen in mid-flight: its lease runs out, and another tab sends', async ({
  tab,
  visitors,
  database,
  witness,
}) => {
  test.setTimeout(90_000);
  const context = tab.page.context();
  await tab.open();
  const { opened, open } = gate();
  await onWrite(tab.page, async () => open());
  await tab.enqueue('Held by a frozen tab');
  await opened;
  const other = await visitors.anotherTab(context);
  await other.open();
  const thaw = await freeze(tab.page);

  await expect(other.card('Held by a frozen tab')).toHaveAttribute('data-state', 'posted', { timeout: 40_000 });
  expect(witness.writes.map((write) => write.slice(-1))).toEqual(['1', '2']);
  await thaw();
  await expect(tab.card('Held by a frozen tab')).toHaveAttribute('data-state', /^(posted|replayed)$/, {
    timeout: 20_000,
  });
  expect(await database.rows()).toHaveLength(1);
});

test('46 a cloned tab has an id of its own', async ({ tab, visitors, intents, database }) => {
  await tab.open();
  await tab.write('Kept by the first tab');
  const opened = tab.page.waitForEvent('popup');
  await tab.page.evaluate(() => void window.open(location.href));
  const clone = visitors.tabOf(await opened);
  await clone.takenOver();
  expect(await clone.draftId()).not.toBe(await tab.draftId());
  await clone.post('Written in the clone');
  await tab.postButton.click();
  for (const text of ['Kept by the first tab', 'Written in the clone']) {
    await expect(tab.card(text)).toHaveAttribute('data-state', 'posted');
  }
  expect(intents.kept).toHaveLength(2);
  expect(await database.rows()).toHaveLength(2);
});

test('47 a tab cloned after a post, and while one is under way, posts neither again', async ({
  tab,
  visitors,
  database,
  witness,
}) => {
  await tab.open();
  await tab.post('Posted before the clone');
  await expect(tab.card('Posted before the clone')).toHaveAttribute('data-state', 'posted');
  const { opened, open } = gate();
  await onWrite(tab.page.context(), async (route) => {
    await opened;
    await route.continue();
  });
  await tab.enqueue('Under way during the clone');
  await expect(tab.card('Under way during the clone')).toHaveAttribute('data-state', 'sending');
  const popup = tab.page.waitForEvent('popup');
  await tab.page.evaluate(() => void window.open(location.href));
  const clone = visitors.tabOf(await popup);
  await clone.takenOver();
  await expect(clone.text).toHaveValue('');
  await clone.postButton.click();
  open();
  for (const each of [tab, clone]) {
    for (const text of ['Posted before the clone', 'Under way during the clone']) {
      await expect(each.card(text)).toHaveAttribute('data-state', 'posted');
    }
    await expect(each.cards).toHaveCount(2);
  }
  expect(witness.writes).toHaveLength(2);
  expect(await database.rows()).toHaveLength(2);
});

test('48 without locks and channels two tabs send: nothing is stored, shown or counted twice', async ({
  tab,
  visitors,
  database,
  server,
  witness,
}) => {
  test.setTimeout(90_000);
  const context = tab.page.context();
  await context.addInitScript(() => {
    Object.defineProperty(Navigator.prototype, 'locks', { value: undefined });
    Object.defineProperty(window, 'BroadcastChannel', { value: undefined });
  });
  await tab.open();
  const other = await visitors.anotherTab(context);
  await other.open();
  const { opened, open } = gate();
  await onWrite(tab.page, async (route) => {
    await opened;
    await route.continue();
  });
  const three = [1, 2, 3].map((number) => `Drained by two, ${number}`);
  for (const text of three) await tab.enqueue(text);
  await expect.poll(async () => (await tab.outbox())[0]?.state).toBe('sending');
  await tab.endLeases();
  await expect.poll(() => witness.writes.length, { timeout: 25_000 }).toBeGreaterThanOrEqual(2);
  open();
  for (const each of [tab, other]) {
    for (const text of three) {
      await expect(each.card(text)).toHaveAttribute('data-state', /^(posted|replayed)$/, { timeout: 15_000 });
      await expect(each.card(text)).toHaveCount(1);
    }
    await expect(each.cards).toHaveCount(3);
    await isAccessible(each.page);
  }
  expect((await database.rows()).map((row) => row.content)).toEqual(three);
  const metrics = await (await tab.page.request.get(`${server.url}/metrics`)).text();
  expect(/^postonce_rows_total(?:\{[^}]*\})? (\d+)$/m.exec(metrics)?.[1], 'the numbers say three rows').toBe('3');
});

test('50 seven tabs at once, and the last one still loads and is live', async ({ tab, visitors }) => {
  await tab.open();
  const tabs = [tab];
  for (let number = 2; number <= 7; number++) {
    const next = await visitors.anotherTab(tab.page.context());
    await next.open();
    tabs.push(next);
  }
  await tabs[6]!.post('Written in the seventh tab');
  for (const each of tabs) {
    await expect(each.card('Written in the seventh tab')).toHaveAttribute('data-state', 'posted', { timeout: 15_000 });
  }
});

test.describe('11 two browsers send one id at the same instant', { tag: '@core' }, () => {
  test('copies of one profile: one row, and both see it', async ({ tab, visitors, database }) => {
    await tab.open();
    await tab.write('One id in two browsers');
    const id = await tab.draftId();
    await expect.poll(() => tab.drafts()).toContainEqual({ id, content: 'One id in two browsers' });
    const storageState = await tab.page.context().storageState({ indexedDB: true });
    const copy = await visitors.arrive({ storageState });
    await copy.open();
    expect(await copy.draftId()).toBe(id);

    // Both requests are under way before either arrives.
    const { opened, open } = gate();
    let waiting = 0;
    for (const each of [tab, copy]) {
      await onWrite(each.page, async (route) => {
        if (++waiting === 2) open();
        await opened;
        await route.continue();
      });
    }
    await Promise.all([tab.postButton.click(), copy.postButton.click()]);
    const states = [];
    for (const each of [tab, copy]) {
      const card = each.card('One id in two browsers');
      await expect(card).toHaveAttribute('data-state', /^(posted|replayed)$/);
      await expect(card).toHaveCount(1);
      states.push(await card.getAttribute('data-state'));
    }
    expect(states.sort()).toEqual(['posted', 'replayed']);
    expect(await database.rows()).toHaveLength(1);
  });

  test('of two people, one has it and the other learns nothing', async ({ tab, visitors, database }) => {
    const other = await visitors.arrive();
    await tab.open();
    await other.open();
    const id = await tab.draftId();
    const put = (content: string) => ({ data: { content } });
    const answers = await Promise.all([
      tab.page.request.put(`/api/posts/${id}`, put('From the first')),
      other.page.request.put(`/api/posts/${id}`, put('From the second')),
    ]);
    expect(answers.map((answer) => answer.status()).sort()).toEqual([201, 409]);
    const refused = answers.find((answer) => answer.status() === 409)!;
    expect(await refused.text()).not.toContain('From the');
    expect(await database.rows()).toHaveLength(1);
  });
});
