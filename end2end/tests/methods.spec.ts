import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { Methods } from '../harness/methods';
import { expect, test } from '../harness/test';

const shell = promisify(execFile);

/** The article's list. */
const article = { get: true, head: true, options: true, put: true, delete: true, post: false, patch: false };
const safe = ['get', 'head', 'options'];

test('73 all seven measured verdicts equal the article’s list', { tag: '@core' }, async ({ tab }) => {
  test.setTimeout(90_000);
  const methods = new Methods(tab);
  await methods.open();
  for (const trial of Object.keys(article)) expect(await methods.verdict(trial, 'idempotent'), trial).toBeNull();
  await methods.measureAll.click();
  await expect(tab.page.getByTestId('conclusion')).toHaveText('All seven came out as the article says.', {
    timeout: 60_000,
  });
  for (const [trial, idempotent] of Object.entries(article)) {
    expect({ trial, found: await methods.verdict(trial, 'idempotent') }).toEqual({ trial, found: idempotent ? 'yes' : 'no' });
    expect({ trial, found: await methods.verdict(trial, 'safe') }).toEqual({ trial, found: safe.includes(trial) ? 'yes' : 'no' });
  }
  // The two that are not idempotent become so by a key.
  await expect.poll(() => methods.verdict('post-key', 'idempotent')).toBe('yes');
  await expect.poll(() => methods.verdict('patch-key', 'idempotent')).toBe('yes');
  await expect(tab.page.getByTestId('announcer')).toContainText('Not idempotent: POST, PATCH.');
});

test('73 DELETE answers 200, 404, 404, and the state has one hash', { tag: '@core' }, async ({ tab, database }) => {
  const methods = new Methods(tab);
  await methods.open();
  await methods.send('delete', 1);
  await methods.send('delete', 2);
  const calls = await methods.calls('delete', 3);
  expect(calls.map((call) => call.status)).toEqual(['200', '404', '404']);
  expect(new Set(calls.map((call) => call.hash)).size).toBe(1);
  expect(calls.map((call) => call.changed)).toEqual(['yes', 'no', 'no']);
  expect((await database.copies(await methods.run('delete'))).posts).toBe(0);
  await expect(tab.page.locator('.remark')).toContainText('idempotent is about the state, not the status');
});

test('73 a key makes five POSTs one row, and every replay is marked', { tag: '@core' }, async ({ tab, database }) => {
  const methods = new Methods(tab);
  await methods.open();
  for (const [trial, rows] of [['post', 5], ['post-key', 1]] as const) {
    await methods.send(trial, 5);
    const calls = await methods.calls(trial, 5);
    expect(calls.map((call) => call.status)).toEqual(Array(5).fill('201'));
    const keyed = trial === 'post-key';
    expect(calls.map((call) => call.replayed)).toEqual([false, keyed, keyed, keyed, keyed]);
    const copies = await database.copies(await methods.run(trial));
    expect({ trial, rows: keyed ? copies.posts : copies.naive }).toEqual({ trial, rows });
  }
  await methods.send('put', 2);
  const puts = await methods.calls('put', 2);
  expect(puts.map(({ status, replayed }) => ({ status, replayed }))).toEqual([
    { status: '201', replayed: false },
    { status: '200', replayed: true },
  ]);
  expect((await database.rows()).map((row) => row.content), 'one of the key, one of the id').toEqual(['Hello', 'Hello']);
});

test('73 HEAD has the status and the headers of GET, and no body', async ({ tab }) => {
  const methods = new Methods(tab);
  await methods.open();
  await methods.send('head', 1);
  await expect(methods.log('head').locator('.call')).toContainText('status and headers as GET’s; 0 bytes of body, GET has');
});

test('73 PATCH that sets leaves one state, PATCH that appends does not', async ({ tab, database }) => {
  const methods = new Methods(tab);
  await methods.open();
  await tab.page.getByRole('button', { name: 'Send each three times' }).first().click();
  const set = await methods.calls('patch-set', 3);
  const append = await methods.calls('patch-append', 3);
  expect(set.map((call) => call.changed)).toEqual(['yes', 'no', 'no']);
  expect(append.map((call) => call.changed)).toEqual(['yes', 'yes', 'yes']);
  const contents = (await database.rows()).map((row) => row.content);
  expect(contents.sort()).toEqual(['Hello!', 'Hello!!!']);
  const judged = (trial: string) => tab.page.locator(`.column[data-trial="${trial}"]`).getByTestId('judged');
  await expect(judged('patch-set')).toHaveText('Not safe, but idempotent.');
  await expect(judged('patch-append')).toHaveText('Neither safe nor idempotent.');
});

test('73 a late copy overtakes, unless its tag or its key is known', { tag: '@core' }, async ({ tab }) => {
  const methods = new Methods(tab);
  await methods.open();
  await tab.page.getByRole('button', { name: 'Send A, B, and A again' }).click();
  const plain = await methods.calls('stale-plain', 3);
  const tagged = await methods.calls('stale-tag', 3);
  const keyed = await methods.calls('stale-key', 3);
  expect(plain.map((call) => call.status)).toEqual(['200', '200', '200']);
  expect(plain[2]!.hash).toBe(plain[0]!.hash);
  expect(tagged.map((call) => call.status)).toEqual(['200', '200', '412']);
  expect(tagged[2]!.changed).toBe('no');
  expect(keyed[2]).toMatchObject({ status: '200', replayed: true, changed: 'no' });
  const judged = (trial: string) => tab.page.locator(`.column[data-trial="${trial}"]`).getByTestId('judged');
  await expect(judged('stale-plain')).toContainText('B is lost');
  await expect(judged('stale-tag')).toContainText('B stays');
  await expect(judged('stale-key')).toContainText('B stays');
});

test('73 a GET that counts and a PUT that appends break their promise', { tag: '@core' }, async ({ tab, database }) => {
  const methods = new Methods(tab);
  await methods.open();
  await tab.page.getByRole('button', { name: 'Send each three times' }).last().click();
  for (const trial of ['counting-get', 'appending-put']) {
    const calls = await methods.calls(trial, 3);
    expect(calls.map((call) => call.changed), trial).toEqual(['yes', 'yes', 'yes']);
    expect((await database.copies(await methods.run(trial))).naive).toBe(1);
    const judged = tab.page.locator(`.column[data-trial="${trial}"]`).getByTestId('judged');
    await expect(judged).toHaveText('Neither safe nor idempotent.');
  }
});

test('73 the copied line does the same from a shell, and is recognised', async ({ tab, database }) => {
  const methods = new Methods(tab);
  await tab.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await methods.open();
  await tab.page.getByLabel('Text of the post').fill("it's $(date) `x` \"é\"");
  const answers: Record<string, string> = {};
  const runs: Record<string, string> = {};
  for (const trial of ['get', 'head', 'options', 'put', 'post-key', 'patch-key', 'delete', 'post', 'patch']) {
    await methods.send(trial, 1);
    runs[trial] = await methods.run(trial);
    const call = methods.log(trial).locator('.call').last();
    await call.getByRole('button', { name: 'Copy as curl' }).click();
    await expect(call.getByRole('button', { name: 'Copied' })).toBeVisible();
    const line = await tab.page.evaluate(() => navigator.clipboard.readText());
    const { stdout } = await shell('bash', ['-c', line]);
    answers[trial] = stdout.split('\r\n')[0]! + (/idempotency-replayed: true/i.test(stdout) ? ', replayed' : '');
  }
  expect(answers).toEqual({
    get: 'HTTP/1.1 200 OK',
    head: 'HTTP/1.1 200 OK',
    options: 'HTTP/1.1 204 No Content',
    put: 'HTTP/1.1 200 OK, replayed',
    'post-key': 'HTTP/1.1 201 Created, replayed',
    'patch-key': 'HTTP/1.1 200 OK, replayed',
    delete: 'HTTP/1.1 404 Not Found',
    post: 'HTTP/1.1 201 Created',
    patch: 'HTTP/1.1 200 OK',
  });
  // The browser's POST and the shell's are two rows where there is no key, and one where there is one.
  expect((await database.copies(runs['post']!)).naive).toBe(2);
  expect((await database.copies(runs['post-key']!)).posts).toBe(1);
});

test('73 everything can be done by keys alone, and the outcome is told once', async ({ tab }) => {
  const methods = new Methods(tab);
  await methods.open();
  const { page } = tab;
  await page.evaluate(() => {
    const region = document.querySelector('[data-testid="announcer"]')!;
    const said: string[] = [];
    Object.assign(window, { said });
    new MutationObserver(() => said.push(region.textContent ?? '')).observe(region, { childList: true, characterData: true, subtree: true });
  });
  await page.locator('#method-put').focus();
  await page.keyboard.press('ArrowRight');
  await expect(page.locator('#method-delete')).toBeChecked();
  for (let tabs = 0; tabs < 10; tabs++) {
    await page.keyboard.press('Tab');
    if (await page.getByRole('button', { name: 'Send ×2' }).evaluate((button) => button === document.activeElement)) break;
  }
  await page.keyboard.press('Enter');
  await methods.calls('delete', 2);
  await expect(page.getByTestId('announcer')).toHaveText(
    'DELETE: 200, 404. The state changed once. Not safe, but idempotent.',
  );
  expect(await page.evaluate(() => (window as unknown as { said: string[] }).said)).toHaveLength(1);
  await expect(page.getByRole('button', { name: 'Send ×2' })).toBeFocused();
});

test('73 without JavaScript the article’s table is there', async ({ visitors }) => {
  const { page } = await visitors.arrive({ javaScriptEnabled: false });
  await page.goto('/methods');
  const rows = page.getByTestId('verdicts').getByRole('row');
  await expect(rows).toHaveCount(11);
  await expect(page.locator('tr[data-trial="delete"] .claimed')).toHaveText('yes');
  await expect(page.locator('tr[data-trial="post"] .claimed')).toHaveText('no');
  await expect(page.getByRole('button')).toHaveCount(0);
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`77 the methods fit into 320 pixels, ${colorScheme}`, async ({ visitors }) => {
    const tab = await visitors.arrive({ viewport: { width: 320, height: 640 }, colorScheme });
    const methods = new Methods(tab);
    await methods.open();
    await methods.send('put', 2);
    await tab.page.getByRole('button', { name: 'Send A, B, and A again' }).click();
    await methods.calls('stale-key', 3);
    await tab.fits();
  });
}
