import { Lab } from '../harness/lab';
import { expect, test } from '../harness/test';

/** Ten answers lost in a row, and retries as fast as the lab lets them be. */
const FAST = 'v=1&seed=42&compare=uuid&faults=reply-lost@1-10&retry=fixed:100&expect=uuid:1';

test('78 ten fast retries: at most one message a second, and the outcome is told', async ({ tab }) => {
  test.setTimeout(90_000);
  const told: { at: number; text: string }[] = [];
  await tab.page.exposeFunction('tell', (at: number, text: string) => told.push({ at, text }));
  const lab = new Lab(tab);
  await lab.open(FAST);
  await tab.page.evaluate(() => {
    const region = document.querySelector('[data-testid="announcer"]')!;
    const { tell } = window as unknown as { tell(at: number, text: string): void };
    new MutationObserver(() => tell(performance.now(), region.textContent ?? '')).observe(region, {
      characterData: true,
      childList: true,
      subtree: true,
    });
  });
  await lab.run();
  await expect(tab.page.getByTestId('verdict')).toContainText('stored 1 row');
  await expect(tab.page.getByTestId('verdict')).toHaveAttribute('role', 'status');
  // The last attempt without an answer is among what was told.
  await expect.poll(() => told.at(-1)?.text).toContain('Try 10: no answer');
  const gaps = told.slice(1).map((message, at) => message.at - told[at].at);
  expect(Math.min(...gaps), JSON.stringify(told)).toBeGreaterThan(950);
});

test('79 an experiment in reduced motion: marks appear, nothing travels', async ({ visitors }) => {
  const tab = await visitors.arrive({ reducedMotion: 'reduce' });
  const lab = new Lab(tab);
  await lab.open('v=1&seed=42&compare=naive,uuid&faults=reply-lost@1&retry=fixed:300&expect=naive:2,uuid:1');
  const moving = () =>
    tab.page.evaluate(() =>
      document
        .getAnimations()
        .filter((animation) => Number(animation.effect?.getComputedTiming().duration) > 1)
        .map((animation) => (animation.effect as KeyframeEffect).target?.className),
    );
  await lab.runButton.click();
  await expect(lab.posts('naive')).toHaveCount(1);
  expect(await moving()).toEqual([]);
  await expect(tab.page.getByTestId('proof')).toContainText('History checked', { timeout: 35_000 });
  expect(await moving()).toEqual([]);
});

test('79 a figure that is out of sight asks for no frames', async ({ tab }) => {
  await tab.page.addInitScript(() => {
    const counted = window as unknown as { frames: number };
    counted.frames = 0;
    const { requestAnimationFrame } = window;
    window.requestAnimationFrame = (draw) => {
      counted.frames += 1;
      return requestAnimationFrame.call(window, draw);
    };
  });
  const lab = new Lab(tab);
  await lab.open('v=1&seed=42&compare=naive,uuid&faults=reply-lost@1&retry=fixed:300&expect=naive:2,uuid:1');
  await tab.page.setViewportSize({ width: 640, height: 200 });
  await lab.runButton.click();
  await tab.page.evaluate(() => {
    window.scrollTo(0, document.body.scrollHeight);
    (window as unknown as { frames: number }).frames = 0;
  });
  await expect(tab.page.getByTestId('proof')).toContainText('History checked', { timeout: 35_000 });
  expect(await tab.page.evaluate(() => (window as unknown as { frames: number }).frames)).toBe(0);
});
