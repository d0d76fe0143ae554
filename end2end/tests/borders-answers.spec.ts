import { expect, test } from '../harness/test';
import { onWrite, problem } from '../harness/weather';

const HTML = { contentType: 'text/html', body: '<h1>Back in a minute</h1>' };
const FOREIGN = [
  { status: 404, ...HTML },
  { status: 405, contentType: 'text/plain', body: '' },
  { status: 511, ...HTML },
  { status: 521, ...HTML },
  { status: 403, contentType: 'application/json', body: '{"error": "forbidden"}' },
  { status: 401, contentType: 'application/problem+json', body: '{"type": "about:blank", "status": 401}' },
  { status: 410, ...HTML },
];

for (const answer of FOREIGN) {
  test(`R4 ${answer.status} ${answer.contentType} of something else settles nothing`, async ({ tab, database, witness }) => {
    await tab.open();
    let deployed = false;
    await onWrite(tab.page, (route) => (deployed ? route.continue() : route.fulfill(answer)));
    for (const number of [1, 2, 3]) await tab.enqueue(`Behind a proxy, ${number}`);
    await expect(tab.card('Behind a proxy, 1')).toContainText('Something between you and the server answered');
    await expect.poll(() => witness.writes.length).toBeGreaterThan(2);
    await expect(tab.page.locator('[data-state="needs-you"]')).toHaveCount(0);
    deployed = true;
    for (const number of [1, 2, 3]) {
      await expect(tab.card(`Behind a proxy, ${number}`)).toHaveAttribute('data-state', /posted|replayed/, {
        timeout: 20_000,
      });
    }
    const texts = (await database.rows()).map((row) => row.content);
    expect(texts).toEqual([1, 2, 3].map((number) => `Behind a proxy, ${number}`));
    expect(witness.writes.length).toBeLessThan(20);
  });
}

test('R5 a text that a firewall dislikes steps aside, and the rest goes out', async ({ tab, intents, database }) => {
  test.setTimeout(100_000);
  await tab.open();
  await onWrite(tab.page, (route) =>
    (route.request().postData() ?? '').includes('drop table')
      ? route.fulfill({ status: 403, ...HTML })
      : route.continue(),
  );
  for (const text of ['drop table students', 'Behind it', 'Behind them all']) await tab.enqueue(text);
  for (const text of ['Behind it', 'Behind them all']) {
    await expect(tab.card(text)).toHaveAttribute('data-state', /posted|replayed/, { timeout: 60_000 });
  }
  const disliked = tab.card('drop table students');
  await expect(disliked).toHaveAttribute('data-state', 'needs-you');
  await expect(disliked).toContainText('Something between you and the server');
  expect(await database.rows()).toHaveLength(2);

  await disliked.getByRole('button', { name: 'Discard' }).first().click();
  await expect(disliked, 'it may have arrived, and that is said').toContainText('It may already be posted');
  await disliked.getByRole('button', { name: 'Discard' }).last().click();
  intents.withdraw('drop table students');
  await expect(disliked).toHaveCount(0, { timeout: 40_000 });
});

test('what needs its author is tried again or given up all at once', async ({ tab, intents, database }) => {
  await tab.open();
  let refusing = true;
  await onWrite(tab.page, (route) => (refusing ? problem(route, 400, 'malformed-body', false) : route.continue()));
  for (const number of [1, 2]) await tab.enqueue(`Refused, ${number}`);
  const needy = tab.page.locator('[data-state="needs-you"]');
  await expect(needy).toHaveCount(2);
  refusing = false;
  await tab.page.getByRole('button', { name: 'Retry all' }).click();
  for (const number of [1, 2]) {
    await expect(tab.card(`Refused, ${number}`)).toHaveAttribute('data-state', /posted|replayed/);
  }
  expect(await database.rows()).toHaveLength(2);

  refusing = true;
  for (const number of [3, 4]) {
    await tab.enqueue(`Refused, ${number}`);
    intents.withdraw(`Refused, ${number}`);
  }
  await expect(needy).toHaveCount(2);
  await tab.page.getByRole('button', { name: 'Discard all' }).first().click();
  await tab.page.getByRole('button', { name: 'Discard all' }).last().click();
  await expect(needy).toHaveCount(0);
  expect(await database.rows()).toHaveLength(2);
});

test('R15 Discard of what may be posted says so, and deletes it', async ({ tab, database, intents }) => {
  await tab.open();
  await onWrite(tab.page, async (route, attempt) => {
    if (route.request().method() !== 'PUT') return route.continue();
    if (attempt > 1) return problem(route, 413, 'too-large', false);
    await route.fetch();
    await route.abort('connectionreset');
  });
  await tab.post('Posted, and nobody knows');
  const id = await tab.page.getByTestId('post').getAttribute('data-id');
  const card = tab.page.locator(`[data-testid="post"][data-id="${id}"]`);
  await expect(card).toHaveAttribute('data-state', 'needs-you');
  await card.getByRole('button', { name: 'Discard' }).first().click();
  await expect(card).toContainText(/may already be posted/i);
  await expect(card).toContainText(/delete/i);
  intents.withdraw('Posted, and nobody knows');
  await card.getByRole('button', { name: /Discard|Delete/ }).last().click();
  await expect(card).toHaveCount(0);
  await expect.poll(async () => (await database.rows()).map(({ deleted }) => deleted)).toEqual([true]);
});

test('R15 Discard of what was never posted says no such thing', async ({ tab, database, intents }) => {
  await tab.open();
  await onWrite(tab.page, (route) => problem(route, 413, 'too-large', false));
  await tab.post('Certainly not posted');
  const card = tab.card('Certainly not posted');
  await expect(card).toHaveAttribute('data-state', 'needs-you');
  await card.getByRole('button', { name: 'Discard' }).first().click();
  await expect(card).not.toContainText(/may already be posted/i);
  intents.withdraw('Certainly not posted');
  await card.getByRole('button', { name: 'Discard' }).last().click();
  await expect(card).toHaveCount(0);
  expect(await database.rows()).toHaveLength(0);
});
