import { Lab } from '../harness/lab';
import { promised, scenarios } from '../harness/scenarios';
import { expect, test } from '../harness/test';

for (const scenario of scenarios) {
  // What a database could make different is asked of both.
  const tag = /^b\d|^key/.test(scenario.name) ? '@core' : [];
  test(`2-9 ${scenario.name} comes out as its link promises`, { tag }, async ({ tab, database }) => {
    test.setTimeout(90_000);
    const lab = new Lab(tab);
    await lab.open(scenario.query);
    expect(await database.rows(), 'a link writes nothing by itself').toEqual([]);
    await lab.run();
    await expect(lab.outcome).toHaveAttribute('data-reproduced', 'yes');
    for (const [lane, rows] of promised(scenario)) {
      const drawn = rows.endsWith('+') ? await lab.posts(lane).count() : Number(rows);
      expect(drawn).toBeGreaterThanOrEqual(Number.parseInt(rows, 10));
      await lab.equals(database, lane, drawn);
    }
  });
}

const LOST = 'v=1&seed=42&compare=naive,uuid&faults=reply-lost@1&retry=fixed:300&expect=naive:2,uuid:1';

test('12 refused while the first is still being written, and both are answered in the end', async ({ tab }) => {
  test.setTimeout(60_000);
  const lab = new Lab(tab);
  // The first is stored at once and answered after 12 s; the retry waits for it as long as the server lets it.
  await lab.open('v=1&seed=42&compare=uuid&faults=slow;delay=12000@1&retry=fixed:200&timeout=6000&expect=uuid:1');
  await lab.run();
  await expect(lab.outcome).toHaveAttribute('data-reproduced', 'yes');
  const lines = await lab.lines('uuid');
  expect(lines).toContain('1 answered 201');
  expect(lines).toContain('2 heard 409');
  expect(lines.at(-1)).toMatch(/^\d settled$/);
});

test('68 back to the beginning and forward again gives the same picture', async ({ tab }) => {
  const lab = new Lab(tab);
  await lab.open(LOST);
  await lab.run();
  const { page } = tab;
  const picture = () => page.locator('.sides').evaluate((element) => element.outerHTML);
  const live = await picture();
  const scrubber = page.getByRole('slider');
  await scrubber.focus();
  await page.keyboard.press('Home');
  await expect(lab.posts('naive')).toHaveCount(0);
  await page.keyboard.press('End');
  await expect(lab.posts('naive')).toHaveCount(2);
  expect(await picture()).toBe(live);
});

test('69 a link with anything unknown runs nothing and posts nothing', async ({ tab, database }) => {
  const lab = new Lab(tab);
  for (const query of ['v=9', 'v=1&faults=meteor@1', 'v=1&wind=strong', `v=1&text=${'x'.repeat(10_000)}`]) {
    await lab.open(query);
    await expect(tab.page.getByTestId('complaints')).toBeVisible();
    await expect(lab.runButton).toHaveAttribute('aria-disabled', 'true');
    await lab.runButton.click({ force: true });
  }
  await lab.open(`v=1&text=${encodeURIComponent('<script>alert(1)</script>')}`);
  await lab.run();
  expect((await database.rows()).map((row) => row.content)).toEqual(['<script>alert(1)</script>']);
});

test('70 a promise that is not kept is said to differ', async ({ tab }) => {
  const lab = new Lab(tab);
  await lab.open(LOST.replace('naive:2', 'naive:3'));
  await lab.run();
  await expect(lab.outcome).toHaveAttribute('data-reproduced', 'no');
});

test('71 two visitors, each with faults, never meet those of the other', async ({ tab, visitors }) => {
  const other = await visitors.arrive();
  const [mine, theirs] = [new Lab(tab), new Lab(other)];
  await mine.open(LOST);
  await theirs.open('v=1&seed=7&compare=naive,uuid&faults=rolled-back;tries=1@1&expect=naive:1,uuid:1');
  await Promise.all([mine.run(), theirs.run()]);
  await expect(mine.outcome).toHaveAttribute('data-reproduced', 'yes');
  await expect(theirs.outcome).toHaveAttribute('data-reproduced', 'yes');
  await expect(tab.page.getByTestId('ledger')).not.toContainText('rolled-back');
  await expect(other.page.getByTestId('ledger')).not.toContainText('reply-lost');
});

test('72 mended, everything arrives', async ({ tab, database }) => {
  const lab = new Lab(tab);
  await lab.open(LOST);
  await tab.page.getByRole('button', { name: 'Mend everything' }).click();
  await lab.run();
  await lab.equals(database, 'naive', 1);
  await lab.equals(database, 'uuid', 1);
});

test('67 blindfolded, nothing right of the browser is on the page', async ({ tab }) => {
  const lab = new Lab(tab);
  await lab.open(LOST);
  await tab.page.getByRole('button', { name: 'Blindfold' }).click();
  await lab.runButton.click();
  const guess = tab.page.getByRole('button', { name: "can't know" });
  await expect(guess).toBeVisible();
  // Neither for the eye nor for a screen reader: it is not in the document.
  await expect(tab.page.locator('[data-testid="feed-naive"], [data-testid="feed-uuid"], .row-box')).toHaveCount(0);
  await expect(tab.page.locator('.sides')).not.toContainText(/insert|committed|already there/);
  await expect(tab.page.getByTestId('ledger').getByRole('row')).toHaveCount(0);
  await guess.click();
  await expect(tab.page.getByTestId('reveal')).toContainText('Right.');
  await expect(lab.posts('naive')).toHaveCount(1);
});

for (const colorScheme of ['light', 'dark'] as const) {
  test(`77 the lab fits into 320 pixels, ${colorScheme}`, async ({ visitors }) => {
    const tab = await visitors.arrive({ viewport: { width: 320, height: 640 }, colorScheme });
    const lab = new Lab(tab);
    await lab.open(LOST);
    await lab.run();
    await tab.fits();
  });
}
