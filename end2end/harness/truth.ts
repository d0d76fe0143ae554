import { type BrowserContext, expect } from '@playwright/test';
import { isAccessible, markupIsAccessible } from './accessibility';
import type { Database } from './database';
import type { Intents } from './intents';
import type { Item } from './outbox';
import type { Server } from './server';
import { Tab } from './tab';
import type { Witness } from './witness';

/** A page of the feed holds this many stored rows. */
const PAGE_ROWS = 20;

/** What must hold at the end of every test, checked against the database itself. */
export class Truth {
  private readonly outboxes = new Map<string, Item>();

  constructor(
    private readonly database: Database,
    private readonly server: Server,
    private readonly intents: Intents,
    private readonly witness: Witness,
  ) {}

  /** What a browser shows and keeps; asked while it is open. */
  async holdsIn(context: BrowserContext, hydrated: boolean): Promise<void> {
    const pages = context.pages().filter((page) => page.url().startsWith('http'));
    for (const page of pages) {
      const tab = new Tab(page, this.intents);
      if (await tab.feed.isVisible()) {
        await this.feedEqualsRows(tab, hydrated);
        if (hydrated) for (const item of await tab.outbox()) this.outboxes.set(item.id, item);
      }
      await (hydrated ? isAccessible(page) : markupIsAccessible(page));
    }
  }

  /** What the database and the server hold, after the browsers. */
  async holds(): Promise<void> {
    const rows = await this.database.rows();
    const ids = rows.map((row) => row.id);
    expect(ids, 'at most one row per id').toEqual([...new Set(ids)]);

    const waiting = [...this.outboxes.values()].filter((item) => !['acked', 'gone'].includes(item.state));
    for (const text of this.intents.kept) {
      const stored = rows.filter((row) => row.content === text).length;
      const unsent = waiting.filter((item) => item.content === text && !ids.includes(item.id)).length;
      expect({ text, places: stored + unsent }, 'every intent is stored once or waits in an outbox').toEqual({
        text,
        places: 1,
      });
    }
    for (const text of this.intents.gone) {
      expect(rows.map((row) => row.content), 'what was withdrawn stays away').not.toContain(text);
    }

    for (const id of this.witness.answered) expect(ids, 'answered means stored').toContain(id);
    const acked = [...this.outboxes.values()].filter((item) => item.state === 'acked');
    for (const { id } of acked) expect(ids, 'a receipt means stored').toContain(id);

    expect(this.witness.faults, 'no error of ours in any browser').toEqual([]);
    expect(this.server.log, 'no panic in the server').not.toMatch(/panicked at/);
  }

  /** The feed shows exactly the stored rows of its room, newest first, and nothing twice. */
  private async feedEqualsRows(tab: Tab, hydrated: boolean): Promise<void> {
    // Without its program a page shows how things stood when it was asked for.
    if (!hydrated) await tab.page.goto(`/feed${new URL(tab.page.url()).search}`);
    const room = await tab.composer.locator('input[name="room"]').inputValue();
    await expect(async () => {
      const shown = await tab.shown();
      const rows = (await this.database.rows()).filter((row) => row.room === room && !row.deleted);
      const newest = rows.map((row) => row.id).reverse();
      const stored = shown.filter((card) => !card.pending).map((card) => card.id);
      expect(stored.slice(0, PAGE_ROWS), 'the feed is the stored rows').toEqual(newest.slice(0, PAGE_ROWS));
      const ids = shown.map((card) => card.id);
      expect(ids, 'one element per id').toEqual([...new Set(ids)]);
      const pending = shown.filter((card) => card.pending).map((card) => card.id);
      expect(newest.filter((id) => pending.includes(id)), 'never pending and stored at once').toEqual([]);
    }).toPass({ timeout: 10_000 });
  }
}
