import { type Browser, type BrowserContext, type BrowserContextOptions, type Page, test as base } from '@playwright/test';
import { type Database, type DatabaseKind, createDatabase } from './database';
import { Gateway } from './gateway';
import { Intents } from './intents';
import { Server } from './server';
import { Tab } from './tab';
import { Truth } from './truth';
import { Witness } from './witness';

export interface Options {
  databaseKind: DatabaseKind;
}

interface Fixtures {
  database: Database;
  server: Server;
  /** Another way to the same server, whose traffic is counted and can be cut. */
  gateway: Gateway;
  intents: Intents;
  witness: Witness;
  /** Opens browsers that share nothing, and looks at each of them at the end. */
  visitors: Visitors;
  /** The first tab of the first visitor, on an empty page. */
  tab: Tab;
}

/** Browsers with storage and identity of their own. */
export class Visitors {
  private contexts: { context: BrowserContext; hydrated: boolean }[] = [];

  constructor(
    private readonly browser: Browser,
    private readonly server: Server,
    private readonly intents: Intents,
    private readonly witness: Witness,
    private readonly truth: Truth,
  ) {}

  /** A new visitor's first tab. */
  async arrive(options: BrowserContextOptions = {}): Promise<Tab> {
    const context = await this.browser.newContext({ baseURL: this.server.url, ...options });
    return this.welcome(context, options.javaScriptEnabled !== false);
  }

  /** Takes in a browser that was started by other means. */
  async welcome(context: BrowserContext, hydrated = true): Promise<Tab> {
    this.contexts.push({ context, hydrated });
    await this.witness.follow(context);
    return this.anotherTab(context);
  }

  async anotherTab(context: BrowserContext): Promise<Tab> {
    return this.tabOf(await context.newPage());
  }

  tabOf(page: Page): Tab {
    return new Tab(page, this.intents);
  }

  /** The whole browser dies at once: nothing is flushed and nobody is told. */
  async crash(tab: Tab): Promise<void> {
    const context = tab.page.context();
    this.contexts = this.contexts.filter((visitor) => visitor.context !== context);
    const closed = context.waitForEvent('close');
    const session = await context.browser()!.newBrowserCDPSession();
    // The command is never answered.
    void session.send('Browser.crash').catch(() => undefined);
    await closed;
  }

  /** Everybody leaves; `look` asks each browser first what it shows and keeps. */
  async leave(look = true): Promise<void> {
    const contexts = this.contexts.splice(0);
    try {
      if (look) for (const { context, hydrated } of contexts) await this.truth.holdsIn(context, hydrated);
    } finally {
      for (const { context } of contexts) await context.close();
    }
  }
}

export const test = base.extend<Options & Fixtures>({
  databaseKind: ['sqlite', { option: true }],

  database: async ({ databaseKind }, use) => {
    const database = await createDatabase(databaseKind);
    await use(database);
    await database.remove();
  },

  server: async ({ database }, use, testInfo) => {
    const server = await Server.start(database);
    await use(server);
    const code = await server.stop();
    if (testInfo.status !== testInfo.expectedStatus) {
      await testInfo.attach('server.log', { body: server.log, contentType: 'text/plain' });
    }
    base.expect(code, 'SIGTERM ends the server with exit code 0').toBe(0);
  },

  gateway: async ({ server }, use) => {
    const gateway = await Gateway.start(server);
    await use(gateway);
    await gateway.stop();
  },
  intents: async ({}, use) => use(new Intents()),
  witness: async ({}, use) => use(new Witness()),

  // The gateway outlives the browsers that came through it.
  visitors: async ({ browser, database, server, gateway: _, intents, witness }, use, testInfo) => {
    const truth = new Truth(database, server, intents, witness);
    const visitors = new Visitors(browser, server, intents, witness, truth);
    await use(visitors);
    // A failed test has said what is wrong; the end of a broken story says nothing more.
    const passed = testInfo.status === testInfo.expectedStatus;
    await visitors.leave(passed);
    if (passed) await truth.holds();
  },

  tab: async ({ visitors }, use) => use(await visitors.arrive()),
});

export { expect } from '@playwright/test';
