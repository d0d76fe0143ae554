import { expect, test } from '../harness/test';
import type { Tab } from '../harness/tab';

const PATIENCE = { timeout: 30_000 };

async function open(tab: Tab): Promise<void> {
  await tab.open('/outage');
  await expect(tab.page.getByRole('button', { name: 'Pull the plug' })).not.toHaveAttribute('aria-disabled', 'true');
}

/** Unplugs for a minute, which is ended by hand. */
async function pull(tab: Tab): Promise<void> {
  await tab.page.getByLabel('1 min').check();
  await tab.page.getByRole('button', { name: 'Pull the plug' }).click();
  await expect(tab.page.getByTestId('plug')).toContainText('Unplugged');
}

async function end(tab: Tab): Promise<void> {
  await tab.page.getByRole('button', { name: 'End the outage' }).click();
  await expect(tab.page.getByTestId('plug')).toHaveText('Plugged in');
}

const rowsOf = (tab: Tab, table: string, state?: string) =>
  tab.page.getByTestId(table).locator(state ? `tbody tr[data-state="${state}"]` : 'tbody tr');

async function writeTen(tab: Tab): Promise<void> {
  await tab.page.getByRole('button', { name: 'Write 10 for me' }).click();
}

/** Ten rows, in the order in which they were written. */
function areTen(contents: (string | null)[]): void {
  expect(contents.map((content) => content?.replace(/,.*/, ''))).toEqual(
    Array.from({ length: 10 }, (_, index) => `Post ${index + 1} of 10`),
  );
}

test('74 ten posts through an outage, a drain in order, replays that change nothing', async ({ tab, database }) => {
  test.setTimeout(90_000);
  await open(tab);
  const accepted: number[] = [];
  tab.page.on('response', (response) => {
    if (response.request().method() === 'PUT') accepted.push(response.status());
  });
  await pull(tab);
  await writeTen(tab);
  await expect(rowsOf(tab, 'server-log', 'set-aside')).toHaveCount(10, PATIENCE);
  await expect(rowsOf(tab, 'browser-queue', 'queued')).toHaveCount(10, PATIENCE);
  expect(await database.rows(), 'nothing is stored yet').toHaveLength(0);
  expect(accepted).toEqual(Array(10).fill(202));

  await end(tab);
  await expect(rowsOf(tab, 'server-log', 'applied')).toHaveCount(10, PATIENCE);
  areTen((await database.rows()).map((row) => row.content));
  await expect(tab.page.getByTestId('feed').getByTestId('post')).toHaveCount(10, PATIENCE);

  const replays = tab.page.getByTestId('replays').locator('tbody tr');
  for (const count of [1, 2]) {
    await tab.page.getByRole('button', { name: 'Replay the whole log again' }).click();
    await expect(replays).toHaveCount(count, PATIENCE);
  }
  const hashes = await replays.evaluateAll((rows) =>
    rows.flatMap((row) => [row.getAttribute('data-before'), row.getAttribute('data-after')]),
  );
  expect(hashes[0]).toHaveLength(64);
  expect(new Set(hashes).size, 'before, after the first and after the second').toBe(1);
  for (const changed of await replays.evaluateAll((rows) => rows.map((row) => row.getAttribute('data-changed')))) {
    expect(changed).toBe('0');
  }
  expect(await database.rows()).toHaveLength(10);
});

test('74 a consumer that crashes before it has saved its offset', async ({ tab, database }) => {
  test.setTimeout(90_000);
  await open(tab);
  await pull(tab);
  await writeTen(tab);
  await expect(rowsOf(tab, 'server-log', 'set-aside')).toHaveCount(10, PATIENCE);
  await tab.page.getByRole('button', { name: 'Crash it before it saves its offset' }).click();
  await expect(tab.page.getByTestId('crash')).toContainText('Armed');
  await end(tab);
  await expect(tab.page.getByTestId('crash')).toHaveText(
    'Applied 10, saved no offset. Read again and applied again: 10. Rows that this changed: 0.',
    PATIENCE,
  );
  areTen((await database.rows()).map((row) => row.content));
});

test('74 three replies in ten are lost, and a reload in the middle keeps both queues', async ({ tab, database }) => {
  test.setTimeout(120_000);
  await open(tab);
  await tab.page.getByLabel('Lose 30 % of the replies').check();
  await pull(tab);
  await writeTen(tab);
  await expect(rowsOf(tab, 'server-log', 'set-aside').nth(1)).toBeVisible(PATIENCE);
  await tab.reload();
  await expect(tab.page.getByTestId('plug'), 'the outage goes on').toContainText('Unplugged');
  await expect(rowsOf(tab, 'browser-queue')).toHaveCount(10, PATIENCE);
  // What was sent before the reloaded page had the plug in hand waits behind the others.
  await expect(rowsOf(tab, 'server-log')).toHaveCount(10, { timeout: 45_000 });
  expect(await database.rows(), 'nobody overtakes').toHaveLength(0);
  await end(tab);
  await expect(rowsOf(tab, 'server-log', 'applied')).toHaveCount(10, PATIENCE);
  areTen((await database.rows()).map((row) => row.content));
});

test('the herd is a simulation that says so', async ({ tab }) => {
  await open(tab);
  await expect(tab.page.locator('.outage-tag')).toHaveText('simulated');
  const worst = async (strategy: string) => {
    await tab.page.getByLabel(strategy).check();
    const said = await tab.page.getByTestId('herd-says').innerText();
    return Number(/at most (\d+) in one second/.exec(said)?.[1]);
  };
  expect(await worst('Exponential')).toBeGreaterThan(2 * (await worst('Full jitter')));
  await tab.page.getByLabel('1', { exact: true }).check();
  expect(await worst('No delay')).toBeLessThan(25);
});
