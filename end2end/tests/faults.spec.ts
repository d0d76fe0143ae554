import { Panel } from '../harness/panel';
import { expect, test } from '../harness/test';
import { forecast, holdAttempt } from '../harness/weather';
import { NO_ANSWER, POSTED, RECOGNISED } from '../harness/words';

/** Faults that need a second attempt: how many rows stand between the two, and how it ends. */
const twoAttempts = [
  { title: '2 a lost request', point: 'request-lost', unknown: true, between: 0, state: 'posted', chip: POSTED },
  { title: '4 a lost reply', point: 'reply-lost', unknown: true, between: 1, state: 'replayed', chip: RECOGNISED },
  { title: '5 a refused connection', point: 'connect-refused', unknown: false, between: 0, state: 'posted', chip: POSTED },
  { title: '6 a rolled-back transaction', point: 'rolled-back', unknown: false, between: 0, state: 'posted', chip: POSTED },
] as const;

test.describe('each fault point', { tag: '@core' }, () => {
  for (const { title, point, unknown, between, state, chip } of twoAttempts) {
    test(`${title}: ${between} rows between the attempts, one in the end`, async ({ tab, database, witness }) => {
      await tab.open();
      const text = `Posted under ${point}`;
      await new Panel(tab).arm(point);
      const second = await holdAttempt(tab.page, 2);

      await tab.post(text);
      await second.reached;
      expect(await database.rows()).toHaveLength(between);
      await expect(tab.card(text)).toHaveCount(1);
      if (unknown) await expect(tab.card(text)).toContainText(NO_ANSWER);
      await expect(tab.page.getByText(/fail/i).and(tab.card(text).getByText(/.*/)), 'nobody says failed').toHaveCount(0);

      second.release();
      await expect(tab.card(text)).toHaveAttribute('data-state', state);
      await expect(tab.card(text)).toContainText(chip);
      await expect(tab.card(text)).toHaveCount(1);
      expect(await database.rows()).toHaveLength(1);
      const id = await tab.card(text).getAttribute('data-id');
      // A lost request is lost in the browser: it never leaves the page.
      const sent = point === 'request-lost' ? [2] : [1, 2];
      expect(witness.writes).toEqual(sent.map((attempt) => `PUT ${id} attempt ${attempt}`));
    });
  }

  for (const [title, point] of [
    ['7 a lost COMMIT acknowledgement is found out by the server', 'commit-ack-lost'],
    ['a slow answer is an answer', 'slow'],
  ] as const) {
    test(title, async ({ tab, database, witness }) => {
      await tab.open();
      await new Panel(tab).arm(point);
      await tab.post(`Posted under ${point}`);
      await expect(tab.card(`Posted under ${point}`)).toHaveAttribute('data-state', 'posted');
      expect(await database.rows()).toHaveLength(1);
      expect(witness.writes).toHaveLength(1);
    });
  }

  test('3 a request that arrives after its retry', async ({ tab, database }) => {
    await tab.open();
    await new Panel(tab).arm('request-late');
    const second = await holdAttempt(tab.page, 2);
    await tab.post('Late, and overtaken');
    await second.reached;
    expect(await database.rows(), 'it is held before it is registered').toHaveLength(0);
    second.release();
    await expect(tab.card('Late, and overtaken')).toHaveAttribute('data-state', 'posted');
    await expect(tab.card('Late, and overtaken')).toHaveCount(1);
  });

  test('3 the server recognises what arrives late', async ({ tab, database }) => {
    await tab.open();
    let late: (() => Promise<Response>) | undefined;
    await tab.page.route('**/api/posts/*', async (route) => {
      const request = route.request();
      if (request.method() !== 'PUT' || late) return route.fallback();
      const headers = await request.allHeaders();
      late = () => fetch(request.url(), { method: 'PUT', headers, body: request.postData() });
      await route.abort('timedout');
    });
    await tab.post('Sent once more by the network');
    await expect(tab.card('Sent once more by the network')).toHaveAttribute('data-state', 'posted');

    const answer = await late!();
    expect(answer.status).toBe(200);
    expect(answer.headers.get('idempotency-replayed')).toBe('true');
    expect(await database.rows()).toHaveLength(1);
  });

  test('8 five lost replies, then success: six attempts, one row', async ({ tab, database, witness }) => {
    await tab.open();
    await new Panel(tab).arm('reply-lost', 5);
    await tab.post('Stubborn');
    await expect(tab.card('Stubborn')).toContainText(NO_ANSWER);
    await expect(tab.card('Stubborn')).toHaveAttribute('data-state', 'replayed', { timeout: 25_000 });
    await expect(tab.card('Stubborn')).toHaveCount(1);
    expect(witness.writes).toHaveLength(6);
    expect(new Set(witness.writes.map((write) => write.split(' ')[1])).size, 'one id').toBe(1);
    expect(await database.rows()).toHaveLength(1);
  });
});

test('the browser sends again by itself, and it is the same post', async ({ tab, database }) => {
  await tab.open();
  await tab.post('Warms a connection up');
  await expect(tab.card('Warms a connection up')).toHaveAttribute('data-state', 'posted');
  await forecast(tab.page, { 1: 'reply-lost; bare' });
  await tab.post('Sent twice by Chromium');
  await expect(tab.card('Sent twice by Chromium')).toHaveAttribute('data-state', /^(posted|replayed)$/);
  expect(await database.rows()).toHaveLength(2);
});

test('the same seed brings the same weather', async ({ visitors }) => {
  const weather: string[][] = [];
  for (const visit of [1, 2]) {
    const tab = await visitors.arrive();
    await tab.open(`/feed?room=visit-${visit}`);
    const faults: string[] = [];
    tab.page.on('request', (request) => {
      if (request.method() === 'PUT') faults.push(request.headers()['fault'] ?? 'none');
    });
    await new Panel(tab).odds('reply-lost', 50, 42);
    for (const number of [1, 2, 3, 4]) {
      const text = `Visit ${visit}, post ${number}`;
      await tab.post(text);
      await expect(tab.card(text)).toHaveAttribute('data-state', /^(posted|replayed)$/, { timeout: 20_000 });
    }
    weather.push(faults);
  }
  expect(weather[1]).toEqual(weather[0]);
  expect(weather[0], 'odds of one half are felt').toContain('reply-lost');
});

test('what is armed is said, and mended', async ({ tab, witness }) => {
  await tab.open();
  const panel = new Panel(tab);
  await panel.arm('reply-lost', 2);
  await expect(tab.composer).toContainText('Armed: on the next 2 attempts');
  await panel.mend();
  await expect(tab.composer).not.toContainText('Armed');
  await tab.post('In calm weather');
  await expect(tab.card('In calm weather')).toHaveAttribute('data-state', 'posted');
  expect(witness.writes).toHaveLength(1);
});
