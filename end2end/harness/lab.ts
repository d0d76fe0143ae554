import { type Locator, expect } from '@playwright/test';
import type { Database } from './database';
import type { Tab } from './tab';

/** The lab: designs under the same weather. */
export class Lab {
  readonly runButton: Locator;
  readonly outcome: Locator;

  constructor(private readonly tab: Tab) {
    this.runButton = tab.page.getByRole('button', { name: /^Run/ });
    this.outcome = tab.page.getByTestId('reproduced');
  }

  async open(query: string): Promise<void> {
    await this.tab.page.goto(`/lab?${query}`);
    await this.able();
  }

  /** Waits for the page's program: until it has arrived the button says that it cannot run. */
  async able(): Promise<void> {
    const able = this.runButton.and(this.tab.page.locator(':not([aria-disabled])'));
    await expect(this.tab.page.getByTestId('complaints').or(able)).toBeVisible();
  }

  /** Runs what is set up, to the end of everything that was recorded. */
  async run(): Promise<void> {
    await this.runButton.click();
    await expect(this.tab.page.getByTestId('proof')).toContainText('History checked', { timeout: 35_000 });
    await expect(this.tab.page.getByTestId('verdict')).not.toBeEmpty();
  }

  /** The recording of a lane, as lines that are the same in every run. */
  async lines(lane: string): Promise<string[]> {
    const lines = this.tab.page.locator(`[data-testid="trace-lines"][data-lane="${lane}"]`);
    if ((await lines.count()) === 0) await this.tab.page.getByRole('button', { name: 'The recording' }).click();
    return (await lines.innerText()).trim().split('\n');
  }

  side(lane: string): Locator {
    return this.tab.page.locator(`.side[data-lane="${lane}"]`);
  }

  posts(lane: string): Locator {
    return this.tab.page.getByTestId(`feed-${lane}`).getByTestId('post');
  }

  /** What is drawn of a side is what the database holds of the newest run. */
  async equals(database: Database, lane: string, rows: number): Promise<void> {
    await expect(this.posts(lane)).toHaveCount(rows);
    const newest = (await database.rows()).at(-1)!.room!;
    const copies = await database.copies(newest);
    const stored = lane === 'uuid' || lane === 'key' ? copies.posts : copies[lane];
    expect({ lane, stored: stored ?? 0 }).toEqual({ lane, stored: rows });
  }
}
