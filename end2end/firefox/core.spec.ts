import { expect, test } from './test';

const post = { do: 'post', tab: 0, how: 'click' } as const;
const first = 'Text 1 from tab 1.';
const ANSWERED = /^(posted|replayed)$/;

test('a post is stored once and shown once', async ({ told }) => {
  await told.apply(post);
  await expect.poll(() => told.states(told.tab, first)).toEqual(['posted']);
  expect(await told.rows()).toEqual([first]);
});

test('34 a double click posts once', async ({ told }) => {
  await told.apply({ ...post, how: 'double' });
  await expect.poll(() => told.states(told.tab, first)).toEqual(['posted']);
  expect(await told.rows()).toEqual([first]);
});

test('38 Ctrl+Enter and a click post once', async ({ told }) => {
  await told.apply({ ...post, how: 'keys' }, { do: 'press', tab: 0 });
  await expect.poll(() => told.states(told.tab, first)).toEqual(['posted']);
  expect(await told.rows()).toEqual([first]);
});

test('4 a lost reply is asked for again, and the retry is recognised', async ({ told }) => {
  await told.apply({ do: 'fault', kind: 'reply-lost', times: 1 }, post);
  await expect.poll(() => told.states(told.tab, first)).toEqual(['replayed']);
  expect(told.world.network.writes.length).toBeGreaterThanOrEqual(2);
  expect(await told.rows()).toEqual([first]);
});

test('13 a reload in flight', async ({ told }) => {
  await told.apply({ do: 'fault', kind: 'slow', times: 1 }, post);
  await expect.poll(() => told.world.network.writes).toHaveLength(1);
  await told.apply({ do: 'reload', tab: 0 });
  await expect.poll(async () => (await told.states(told.tab, first)).join()).toMatch(ANSWERED);
  expect(await told.rows()).toEqual([first]);
});

test('43 two tabs: one sends, both show it', async ({ told }) => {
  await told.apply({ do: 'open' }, post);
  for (const tab of told.world.tabs) {
    await tab.front();
    await expect.poll(() => told.states(tab, first)).toEqual(['posted']);
  }
  expect(told.world.network.writes).toHaveLength(1);
});

test('18 offline, five posts, online: five rows in order', async ({ told }) => {
  await told.apply({ do: 'offline' }, post, post, post, post, post);
  expect(await told.rows()).toEqual([]);
  const five = [1, 2, 3, 4, 5].map((number) => `Text ${number} from tab 1.`);
  await told.apply({ do: 'online' });
  await expect.poll(() => told.rows()).toEqual(five);
  for (const text of five) await expect.poll(async () => (await told.states(told.tab, text)).join()).toMatch(ANSWERED);
});

test('22 the server is killed and started while a post waits', async ({ told }) => {
  await told.apply({ do: 'kill' }, post);
  await expect.poll(() => told.states(told.tab, first)).toEqual(['waiting']);
  await told.apply({ do: 'start' });
  await expect.poll(async () => (await told.states(told.tab, first)).join()).toMatch(ANSWERED);
  expect(await told.rows()).toEqual([first]);
});
