import AxeBuilder from '@axe-core/playwright';
import type { Page } from '@playwright/test';
import { Lab } from '../harness/lab';
import { expect, test } from '../harness/test';

const LOST = 'v=1&seed=42&compare=naive,uuid&faults=reply-lost@1&retry=fixed:300&expect=naive:2,uuid:1';

/** Every page that a visitor can come to by a link, and what a wrong address gives. */
const PAGES = [
  '/',
  '/feed',
  `/lab?${LOST}`,
  '/lab?v=9',
  '/museum',
  '/tour/1',
  '/tour/3',
  '/tour/9',
  '/tour/10',
  '/outage',
  '/numbers',
  '/honesty',
  '/api/docs',
  '/problems/key-reused',
  '/no-such-page',
];

/** Opens a page as far as it goes: with its program where it has one. */
async function open(page: Page, path: string): Promise<void> {
  await page.goto(path);
  if ((await page.locator('.frame').count()) > 0) await page.locator('.frame[data-ready]').waitFor();
}

for (const [name, colours] of [
  ['light', { colorScheme: 'light' }],
  ['dark', { colorScheme: 'dark' }],
  ['forced colours', { forcedColors: 'active' }],
] as const) {
  test(`77 axe reports nothing on any page, ${name}`, async ({ visitors }) => {
    test.setTimeout(120_000);
    const tab = await visitors.arrive(colours);
    // The charts are there once something was counted.
    const lab = new Lab(tab);
    await lab.open(LOST);
    await lab.run();
    for (const path of PAGES) {
      await open(tab.page, path);
      const { violations } = await new AxeBuilder({ page: tab.page }).analyze();
      const findings = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`);
      expect({ path, findings }).toEqual({ path, findings: [] });
    }
  });
}

test('77 at 200 % zoom no page is wider than its window', async ({ visitors }) => {
  test.setTimeout(120_000);
  // What zoom does to a page: half as many CSS pixels on the same screen.
  const tab = await visitors.arrive({ viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 });
  for (const path of PAGES) {
    await open(tab.page, path);
    await tab.fits();
  }
});

test('77 whatever has the focus shows it, and nothing lies over it', async ({ visitors }) => {
  test.setTimeout(180_000);
  const tab = await visitors.arrive({ viewport: { width: 640, height: 400 }, deviceScaleFactor: 2 });
  for (const path of PAGES) {
    await open(tab.page, path);
    for (let press = 0; press < 60; press += 1) {
      await tab.page.keyboard.press('Tab');
      const seen = await tab.page.evaluate(focusSeen);
      if (!seen) break;
      expect({ path, ...seen }).toEqual({ path, name: seen.name, outlined: true, uncovered: true });
    }
  }
});

/** What can be seen of the focused element; nothing where the focus has left the page. */
function focusSeen(): { name: string; outlined: boolean; uncovered: boolean } | undefined {
  const element = document.activeElement;
  if (!element || element === document.body) return undefined;
  const { left, top, width, height } = element.getBoundingClientRect();
  // Of what is taller than the window, the middle of its visible part.
  const [first, last] = [Math.max(top, 0), Math.min(top + height, window.innerHeight)];
  const over = document.elementFromPoint(left + Math.min(width, window.innerWidth) / 2, (first + last) / 2);
  // A frame around a field may show the field's focus.
  const frames = [element, element.parentElement, element.closest('.composer')].filter((frame) => frame !== null);
  const outlined = frames.some((frame) => {
    const { boxShadow, outlineStyle, outlineWidth } = getComputedStyle(frame);
    return (outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2) || / 0px 0px 0px 3px$/.test(boxShadow);
  });
  return {
    name: element.outerHTML.slice(0, 120),
    outlined,
    uncovered: over !== null && (element.contains(over) || over.contains(element)),
  };
}
