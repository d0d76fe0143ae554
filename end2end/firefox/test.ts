import { test as base, expect } from '@playwright/test';
import type { Browser } from '../random/browser';
import { launch } from '../random/firefox';
import { judge } from '../random/oracle';
import type { Step, Story } from '../random/story';
import type { Tab } from '../random/tab';
import { World } from '../random/world';

/** The world of the random stories, and what a fixed story asks of it. */
export interface Told {
  world: World;
  /** The first tab, on the feed. */
  tab: Tab;
  apply(...steps: Step[]): Promise<void>;
  /** The state of each post with this text that a tab shows; stored ones without a fate of their own are `''`. */
  states(tab: Tab, text: string): Promise<string[]>;
  rows(): Promise<(string | null)[]>;
}

interface Fixtures {
  /** How the browser comes; `begins: false` leaves the first page to the test. */
  comes: Pick<Story, 'locks' | 'channel'> & { begins: boolean };
  told: Told;
}

export const test = base.extend<Fixtures, { firefox: Browser }>({
  firefox: [
    async ({}, use) => {
      const browser = await launch();
      await use(browser);
      await browser.close();
    },
    { scope: 'worker' },
  ],

  comes: [{ locks: 'present', channel: true, begins: true }, { option: true }],

  told: async ({ firefox, comes }, use, testInfo) => {
    const world = await World.create(firefox, { locks: comes.locks, channel: comes.channel, steps: [] });
    try {
      if (comes.begins) await world.begin();
      const told: Told = {
        world,
        get tab() {
          return world.tabs[0]!;
        },
        apply: async (...steps) => {
          for (const step of steps) await world.apply(step);
        },
        states: async (tab, text) => {
          const { cards } = await tab.look();
          return cards.filter((card) => card.text === text).map(({ state }) => state);
        },
        rows: async () => (await world.database.rows()).map(({ content }) => content),
      };
      await use(told);
      // A failed test has said what is wrong.
      if (testInfo.status !== testInfo.expectedStatus) {
        await testInfo.attach('server.log', { body: world.server.log, contentType: 'text/plain' });
      } else if (comes.begins) {
        await world.heal();
        expect(await judge(world), 'every text is in one place, and nothing went wrong').toEqual([]);
      }
    } finally {
      await world.leave();
    }
  },
});

export { expect };
