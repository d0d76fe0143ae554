import type { BrowserContext } from 'puppeteer-core';
import * as scripts from './scripts';
import { Tab } from './tab';
import { pause } from './waiting';

/** How long a page may take to write again what was cleared under it. */
const RECOVERY_MS = 6_000;

/** Another page of the same site, without the product: it reads the browser's storage, holds it up and clears it. */
export class Desk {
  private stalling: Promise<void> = Promise.resolve();
  /** Until when storage was held, or when it was cleared. */
  private troubledAt = 0;

  private constructor(private readonly tab: Tab) {}

  static async open(context: BrowserContext, url: string): Promise<Desk> {
    const tab = await Tab.open(context, -1, url, { locks: 'present', channel: true, offset: 0 });
    await tab.goto('/robots.txt');
    return new Desk(tab);
  }

  async kept(): Promise<scripts.Kept[]> {
    return this.tab.ask(scripts.kept, undefined, 8_000);
  }

  /** Whether storage was in trouble a moment ago. */
  get troubled(): boolean {
    return Date.now() - this.troubledAt < RECOVERY_MS;
  }

  async stall(ms: number): Promise<void> {
    // One at a time: a page has to be ready at some time.
    if (Date.now() < this.troubledAt) return;
    this.troubledAt = Date.now() + ms;
    this.stalling = this.tab.ask(scripts.stall, ms, ms + 10_000).catch(() => undefined);
    await pause(50);
  }

  async clear(how: 'delete' | 'empty'): Promise<void> {
    this.troubledAt = Math.max(this.troubledAt, Date.now());
    await this.tab.ask(scripts.clear, how, 15_000);
  }

  /** Waits until storage is held by nobody. */
  async released(): Promise<void> {
    await this.stalling;
  }
}
