import type { Tab } from '../harness/tab';
import { expect, test } from '../harness/test';
import { gate, onWrite, problem } from '../harness/weather';
import { NEEDS_YOU } from '../harness/words';

test('10 the same id with another text: both texts, and a way to post as new', async ({ tab, database }) => {
  await tab.open();
  const id = await tab.draftId();
  // Another copy of this browser has used the id that this one is about to use.
  const first = await tab.page.request.put(`/api/posts/${id}`, { data: { content: 'What stands stored' } });
  expect(first.status()).toBe(201);
  await tab.post('What was meant here');

  const refused = tab.page.locator(`[data-testid="post"][data-id="${id}"]`);
  await expect(refused).toHaveAttribute('data-state', 'needs-you');
  await expect(refused).toHaveCount(1);
  await expect(refused).toContainText('What stands stored');
  await expect(refused).toContainText('What was meant here');
  await refused.getByRole('button', { name: 'Edit as new' }).click();
  await expect(tab.text).toHaveValue('What was meant here');
  await tab.postButton.click();
  await expect(tab.card('What was meant here')).toHaveAttribute('data-state', 'posted');
  expect((await database.rows()).map((row) => row.content)).toEqual(['What stands stored', 'What was meant here']);
});

test('28 the echo comes before the answer', async ({ tab }) => {
  await tab.open();
  const { opened, open } = gate();
  await onWrite(tab.page, async (route) => {
    const response = await route.fetch();
    await opened;
    await route.fulfill({ response });
  });
  await tab.post('Echoed first');
  await expect.poll(async () => (await tab.shown()).length).toBe(1);
  const reader = await tab.page.context().newPage();
  await reader.goto('/feed');
  await expect(reader.getByText('Echoed first')).toBeVisible();
  await expect(tab.card('Echoed first'), 'one element, before the answer').toHaveCount(1);
  open();
  await expect(tab.card('Echoed first')).toHaveAttribute('data-state', 'posted');
  await expect(tab.card('Echoed first')).toHaveCount(1);
});

test('28 the answer comes before the echo', async ({ tab }) => {
  const { opened, open } = gate();
  await tab.page.route('**/api/rooms/*/events*', async (route) => {
    await opened;
    await route.continue();
  });
  await tab.open();
  await tab.post('Answered first');
  await expect(tab.card('Answered first')).toHaveAttribute('data-state', 'posted');
  open();
  await expect(tab.page.locator('[data-live="open"]')).toBeVisible();
  await expect(tab.card('Answered first')).toHaveCount(1);
});

test('30 no attempt before the five seconds that the server asks for, as a number or as a date', async ({
  tab,
  visitors,
}) => {
  const other = await visitors.arrive();
  const asked: { each: Tab; text: string; headers: Record<string, string> }[] = [
    { each: tab, text: 'Asked for five seconds', headers: { 'retry-after': '5' } },
    {
      each: other,
      text: 'Asked for five seconds by the clock of the answer',
      headers: { date: 'Sun, 06 Nov 1994 08:49:32 GMT', 'retry-after': 'Sun, 06 Nov 1994 08:49:37 GMT' },
    },
  ];
  for (const { each } of asked) await each.open();
  const ask = async ({ each, text, headers }: (typeof asked)[number]) => {
    const attempts: number[] = [];
    await onWrite(each.page, async (route, attempt) => {
      attempts.push(performance.now());
      if (attempt > 1) return route.continue();
      await problem(route, 503, 'store-unavailable', true, headers);
    });
    await each.post(text);
    await expect(each.card(text)).toContainText('Waiting, next try in');
    await expect(each.card(text)).toHaveAttribute('data-state', 'posted');
    expect(attempts[1]! - attempts[0]!, 'not before').toBeGreaterThanOrEqual(5_000);
    expect(attempts[1]! - attempts[0]!, 'and not much later, on a busy machine').toBeLessThan(15_000);
  };
  await Promise.all(asked.map(ask));
});

test('31 a 401 pauses the queue, and the same identity goes on', async ({ tab, database }) => {
  await tab.open();
  await onWrite(tab.page, (route, attempt) =>
    attempt === 1 ? problem(route, 401, 'not-signed-in', true) : route.continue(),
  );
  await tab.enqueue('First after the pause');
  await tab.enqueue('Second after the pause');
  await expect(tab.card('Second after the pause')).toHaveAttribute('data-state', 'posted', { timeout: 15_000 });
  expect((await database.rows()).map((row) => row.content)).toEqual([
    'First after the pause',
    'Second after the pause',
  ]);
});

test('31 a 401 in the middle of a drain: a new session of the same identity sends the rest', async ({
  tab,
  database,
  witness,
}) => {
  await tab.open();
  const five = [1, 2, 3, 4, 5].map((number) => `Around the pause, ${number}`);
  let renewed = false;
  await tab.page.route('**/feed*', async (route) => {
    renewed ||= route.request().resourceType() === 'fetch';
    await route.continue();
  });
  const arrived: string[] = [];
  await onWrite(tab.page, async (route) => {
    const { content } = route.request().postDataJSON();
    arrived.push(content);
    const refused = !renewed && five.indexOf(content) >= 2;
    return refused ? problem(route, 401, 'not-signed-in', true) : route.continue();
  });
  await tab.page.context().setOffline(true);
  for (const text of five) await tab.enqueue(text);
  await tab.page.context().setOffline(false);
  for (const text of five) {
    await expect(tab.card(text)).toHaveAttribute('data-state', 'posted', { timeout: 20_000 });
  }
  expect(renewed, 'the session was asked for again').toBe(true);
  expect(arrived.filter((text) => text === five[2]).length, 'the one that was refused is sent again').toBe(2);
  expect(new Set(witness.writes.map((write) => write.split(' ')[1])).size, 'no id but theirs').toBe(5);
  const rows = await database.rows();
  expect(rows.map(({ content }) => content)).toEqual(five);
  expect(new Set(rows.map(({ user_id }) => user_id)).size).toBe(1);
});

test('31 what belongs to a lost identity is never sent by another', async ({ tab, database }) => {
  await tab.open();
  await tab.page.context().clearCookies();
  await tab.enqueue('Whose is this?');
  await expect(tab.card('Whose is this?')).toHaveAttribute('data-state', 'needs-you');
  expect(await database.rows()).toHaveLength(0);
});

for (const [what, answer] of [
  ['a captive portal', { status: 200, contentType: 'text/html', body: '<h1>Welcome to our Wi-Fi</h1>' }],
  ['JSON that is not ours', { status: 200, contentType: 'application/json', body: '{"ok": true}' }],
] as const) {
  test(`32 ${what} is no answer`, async ({ tab, database, witness }) => {
    await tab.open();
    let behindPortal = true;
    await onWrite(tab.page, (route) => (behindPortal ? route.fulfill(answer) : route.continue()));
    await tab.post('Behind a portal');
    await expect(tab.card('Behind a portal')).toHaveAttribute('data-state', 'waiting');
    expect(await database.rows()).toHaveLength(0);
    // What was said in the server's name is no promise of the server.
    witness.answered.clear();
    behindPortal = false;
    await expect(tab.card('Behind a portal')).toHaveAttribute('data-state', 'posted');
  });
}

for (const [status, name] of [
  [413, 'too-large'],
  [400, 'malformed-body'],
] as const) {
  test(`33 ${status} needs the visitor, and the rest of the queue goes on`, async ({ tab, database }) => {
    await tab.open();
    let refused = '';
    await onWrite(tab.page, (route) => {
      refused ||= route.request().url();
      return route.request().url() === refused ? problem(route, status, name, false) : route.continue();
    });
    await tab.enqueue('Refused for good');
    await tab.enqueue('Goes on behind it');
    await expect(tab.card('Goes on behind it')).toHaveAttribute('data-state', 'posted');
    await expect(tab.card('Refused for good')).toHaveAttribute('data-state', 'needs-you');
    await expect(tab.card('Refused for good')).toContainText(NEEDS_YOU);
    for (const action of ['Retry', 'Edit as new', 'Copy text', 'Discard']) {
      await expect(tab.card('Refused for good').getByRole('button', { name: action }).first()).toBeVisible();
    }
    expect(await database.rows()).toHaveLength(1);
  });
}
