import { expect, test } from '../harness/test';
import type { Tab } from '../harness/tab';
import { gate } from '../harness/weather';

/** Keeps the WebAssembly of a tab back until the returned function is called. */
async function holdProgram(tab: Tab): Promise<() => void> {
  const { opened, open } = gate();
  await tab.page.route('**/*.wasm', async (route) => {
    await opened;
    await route.continue();
  });
  return open;
}

test('39 a click before the program arrives posts once, natively', { tag: '@core' }, async ({ tab, database }) => {
  const release = await holdProgram(tab);
  await tab.page.goto('/feed', { waitUntil: 'commit' });
  const fallback = await tab.draftId();
  await tab.post('Too early for the program');
  await expect(tab.card('Too early for the program')).toHaveAttribute('data-id', fallback);

  release();
  await tab.takenOver();
  expect(await tab.draftId(), 'the browser mints its own id').not.toBe(fallback);
  await tab.post('And one through the outbox');
  await expect(tab.card('And one through the outbox')).toHaveAttribute('data-state', 'posted');
  expect((await database.rows()).map((row) => row.content)).toEqual([
    'Too early for the program',
    'And one through the outbox',
  ]);
});

test('39 what was typed before the program arrived is still there', async ({ tab }) => {
  const release = await holdProgram(tab);
  await tab.page.goto('/feed', { waitUntil: 'commit' });
  await tab.write('Typed early, sent late');
  release();
  await tab.takenOver();
  await expect(tab.text).toHaveValue('Typed early, sent late');
  await tab.postButton.click();
  await expect(tab.card('Typed early, sent late')).toHaveAttribute('data-state', 'posted');
});

for (const [how, fulfil] of [
  ['is missing', { status: 404, body: '' }],
  ['is broken', { status: 200, contentType: 'application/wasm', body: 'no WebAssembly' }],
] as const) {
  test(`40 the page works where its program ${how}`, async ({ visitors, witness, database }) => {
    const tab = await visitors.arrive();
    await tab.page.route('**/*.wasm', (route) => route.fulfill(fulfil));
    const failed = tab.page.waitForEvent('pageerror');
    await tab.page.goto('/feed');
    await failed;
    await tab.post('Posted by the form alone');
    await expect(tab.card('Posted by the form alone')).toBeVisible();
    await expect(tab.cards).toHaveCount(1);
    expect(await database.rows()).toHaveLength(1);
    // The loader's own complaint is what this test provokes.
    witness.faults.splice(0);
    await tab.page.unroute('**/*.wasm');
  });
}
