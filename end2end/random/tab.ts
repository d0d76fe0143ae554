import type { BrowserContext, Page } from 'puppeteer-core';
import * as scripts from './scripts';
import type { Text } from './text';
import { pause, until, within } from './waiting';

/** Browsers report a request that failed, or that a page left behind, by themselves; that is none of the page. */
const BROWSERS_OWN = /^Failed to load resource|net::ERR_|NetworkError when attempting|dynamically imported module/;

/** How long a page may take to be taken over by its program; a stalled disk holds it up. */
const READY_MS = 8_000;
const NAVIGATION = { waitUntil: 'domcontentloaded', timeout: 10_000 } as const;

/** One tab of a browser, as whoever sits before it knows it. */
export class Tab {
  /** Errors of the page: uncaught, or written to the console. */
  readonly faults: string[] = [];
  readonly console: string[] = [];
  /** The text that was written here and is not known to be taken. */
  writing: Text | undefined;
  /** False where the browser shows a page of its own, as it does without a network. */
  loaded = false;
  /** Whose page it was when it was loaded. */
  loadedAs: 'A' | 'B' = 'A';
  /** While it goes from one page to the next. */
  private leaving = false;
  last: { at: number; asked: number } | undefined;

  private constructor(
    readonly number: number,
    readonly page: Page,
    private readonly url: string,
  ) {}

  static async open(context: BrowserContext, number: number, url: string, setting: scripts.Setting): Promise<Tab> {
    const tab = new Tab(number, await context.newPage(), url);
    tab.page.on('dialog', (dialog) => void dialog.accept().catch(() => undefined));
    tab.page.on('pageerror', (error) => tab.hear(`uncaught: ${String((error as Error).message ?? error)}`));
    tab.page.on('console', (message) => {
      const line = `${message.type()}: ${message.text()}`;
      tab.console.push(line);
      // An error object says what it is when it is asked.
      for (const it of message.args()) {
        const told = it.evaluate((thing) => (thing instanceof Error ? `${thing.stack || thing}` : '')).catch(() => '');
        void told.then((words) => words && tab.console.push(words));
      }
      if (message.type() === 'error') tab.hear(`console: ${message.text()}`);
    });
    await tab.set(setting);
    return tab;
  }

  private hear(fault: string): void {
    const words = fault.replace(/^\w+: /, '');
    // What a page had under way is broken off when it is left, and whoever fetched it may say so.
    if (BROWSERS_OWN.test(words) || (this.leaving && /^(AbortError|JSHandle@error$)/.test(words))) return;
    this.faults.push(fault);
  }

  /** How the browser is from the next page on; the clock at once. */
  async set(setting: scripts.Setting): Promise<void> {
    await this.page.evaluateOnNewDocument(scripts.prepare, setting);
    if (this.loaded) await this.ask(scripts.prepare, setting);
  }

  async goto(path: string): Promise<void> {
    await this.load(() => this.page.goto(`${this.url}${path}`, NAVIGATION));
  }

  async reload(): Promise<void> {
    await this.load(() => this.page.reload(NAVIGATION));
  }

  /** Away to another page of the site, and back. */
  async away(): Promise<void> {
    await this.goto('/honesty');
    await this.load(() => this.page.goBack(NAVIGATION));
  }

  private async load(how: () => Promise<unknown>): Promise<void> {
    this.last = undefined;
    this.leaving = true;
    try {
      await within(12_000, how(), 'a page loads');
      this.loaded = this.page.url().startsWith(this.url);
    } catch {
      this.loaded = false;
    }
    this.leaving = false;
  }

  /** Waits for the page's program. */
  async ready(): Promise<scripts.Look> {
    return until(READY_MS, 'the program takes the page over', async () => {
      const look = await this.look();
      return look.ready ? look : undefined;
    });
  }

  /** What the page shows; a text that was posted and has left its field is taken. */
  async look(): Promise<scripts.Look> {
    const look = await this.ask(scripts.look, undefined);
    const text = this.writing;
    if (text && look.ready && !look.text.includes(text.content)) {
      if (text.stage === 'pressed') text.stage = 'taken';
      this.writing = undefined;
    }
    return look;
  }

  /** Waits for the field to be empty; false where it is not in time. */
  async empties(ms: number): Promise<boolean> {
    const end = Date.now() + ms;
    for (;;) {
      if ((await this.look()).text === '') return true;
      if (Date.now() > end) return false;
      await pause(30);
    }
  }

  async front(): Promise<void> {
    await within(5_000, this.page.bringToFront(), 'a tab comes to the front');
  }

  async write(text: Text): Promise<void> {
    await this.ask(scripts.write, text.content);
    this.writing = text;
  }

  async press(how: 'click' | 'double' | 'keys'): Promise<void> {
    const pressing =
      how === 'keys'
        ? this.keys()
        : this.page.click('[data-testid="composer"] button[type="submit"]', { count: how === 'double' ? 2 : 1 });
    await within(5_000, pressing, 'Post is pressed');
  }

  private async keys(): Promise<void> {
    await this.page.focus('[data-testid="composer"] textarea');
    await this.page.keyboard.down('Control');
    await this.page.keyboard.press('Enter');
    await this.page.keyboard.up('Control');
  }

  async pressOnCard(label: string): Promise<string | null> {
    return this.ask(scripts.pressOnCard, label);
  }

  async wake(): Promise<void> {
    await this.ask(() => void window.dispatchEvent(new Event('online')), undefined);
  }

  /** Runs a function in the page, which has to answer. */
  async ask<Given, Answer>(run: (given: Given) => Answer, given: Given, limit = 6_000): Promise<Awaited<Answer>> {
    const answer = this.page.evaluate(run as (given: unknown) => unknown, given) as Promise<Awaited<Answer>>;
    return within(limit, answer, 'the page answers');
  }
}
