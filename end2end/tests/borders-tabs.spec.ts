import { setClock } from '../harness/storm';
import { expect, test } from '../harness/test';
import { onWrite } from '../harness/weather';

const BROKEN_LOCKS = {
  'resolves to nothing': () => {
    navigator.locks.request = (async () => null) as never;
  },
  'rejects': () => {
    navigator.locks.request = (async () => {
      throw new DOMException('refused by the test', 'SecurityError');
    }) as never;
  },
  'throws': () => {
    navigator.locks.request = (() => {
      throw new DOMException('refused by the test', 'SecurityError');
    }) as never;
  },
  'never settles': () => {
    navigator.locks.request = (() => new Promise(() => {})) as never;
  },
  'returns no promise': () => {
    navigator.locks.request = (() => undefined) as never;
  },
};

for (const [what, script] of Object.entries(BROKEN_LOCKS)) {
  test(`R9 a lock that ${what} is no lock`, async ({ tab, database }) => {
    let requests = 0;
    tab.page.on('request', () => requests++);
    await tab.page.addInitScript(script);
    await tab.open();
    await tab.post('Without a lock');
    await expect(tab.card('Without a lock')).toHaveAttribute('data-state', 'posted');
    await expect(tab.page.locator('[data-live="open"]')).toBeVisible();
    // A page that asks for ever does so at once.
    const before = requests;
    await tab.page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 3_000)));
    expect(requests - before).toBeLessThan(40);
    const heap = await tab.page.evaluate(
      () => (performance as unknown as { memory: { usedJSHeapSize: number } }).memory.usedJSHeapSize,
    );
    expect(heap).toBeLessThan(200_000_000);
    expect(await database.rows()).toHaveLength(1);
  });
}

test('R11 Try now in a tab that does not send overrides the wait', async ({ tab, visitors, database }) => {
  await tab.open();
  const other = await visitors.anotherTab(tab.page.context());
  await other.open();
  for (const each of [tab, other]) {
    await onWrite(each.page, (route, attempt) =>
      attempt === 1
        ? route.fulfill({ status: 503, headers: { 'retry-after': '120' }, body: '' })
        : route.continue(),
    );
  }
  await tab.post('Asked to wait for long');
  await expect(other.card('Asked to wait for long')).toHaveAttribute('data-state', 'waiting');
  await other.card('Asked to wait for long').getByRole('button', { name: 'Try now' }).click();
  await expect(other.card('Asked to wait for long')).toHaveAttribute('data-state', /posted|replayed/, { timeout: 5_000 });
  expect(await database.rows()).toHaveLength(1);
});

test('R12 without locks a draft belongs to the tab that writes it', async ({ tab, visitors, database }) => {
  await tab.page.context().addInitScript(() => {
    Object.defineProperty(Navigator.prototype, 'locks', { value: undefined });
  });
  await tab.open();
  await tab.text.fill('Written in the first tab');
  await expect.poll(async () => (await tab.drafts()).length).toBe(1);
  for (let number = 2; number <= 3; number++) {
    const next = await visitors.anotherTab(tab.page.context());
    await next.open();
    await expect(next.text).toHaveValue('');
  }
  await tab.post('Written in the first tab');
  await expect(tab.card('Written in the first tab')).toHaveAttribute('data-state', 'posted');
  expect(await database.rows()).toHaveLength(1);

  await tab.text.fill('Left in the first tab');
  await expect.poll(async () => (await tab.drafts()).map(({ content }) => content)).toEqual(['Left in the first tab']);
  await tab.page.close();
  // Its lease is over, whether or not the closed tab could still end it.
  const later = await visitors.anotherTab(tab.page.context());
  await setClock(later.page, 16_000);
  await later.open();
  await expect(later.text).toHaveValue('Left in the first tab');
});

test('R18 a draft of a tab that is closed beside an open one is listed there', async ({ tab, visitors }) => {
  await tab.open();
  await tab.text.fill('Left in the closed tab');
  await expect.poll(async () => (await tab.drafts()).length).toBe(1);
  const other = await visitors.anotherTab(tab.page.context());
  await other.open();
  await expect(other.text).toHaveValue('');
  await tab.page.close();
  await expect(other.page.getByTestId('drafts')).toContainText('Left in the closed tab', { timeout: 20_000 });
});

test('R13 locks without channels: both tabs are live', async ({ tab, visitors }) => {
  await tab.page.context().addInitScript(() => {
    Object.defineProperty(window, 'BroadcastChannel', { value: undefined });
  });
  await tab.open();
  const other = await visitors.anotherTab(tab.page.context());
  await other.open();
  await expect(other.page.locator('[data-live="open"]')).toBeVisible();
  await tab.post('Heard in the other tab');
  await expect(other.card('Heard in the other tab')).toBeVisible({ timeout: 5_000 });
});
