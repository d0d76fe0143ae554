import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Locator, type Page, expect } from '@playwright/test';
import type { Copies, Database } from './database';

/** A scenario file: the same one drives the tour, a share link, the browser tests and the golden trace. */
export interface ScenarioFile {
  name: string;
  title: string;
  says: string;
  query: string;
  golden: Record<string, string[]>;
}

const folder = join(import.meta.dirname, '../../app/protocol/scenarios');

export const scenarios: ScenarioFile[] = readdirSync(folder)
  .sort()
  .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')));

export function scenario(name: string): ScenarioFile {
  const found = scenarios.find((scenario) => scenario.name === name);
  if (!found) throw new Error(`there is no scenario ${name}`);
  return found;
}

/** What a scenario expects of each lane: a number of rows, or at least as many. */
export function expected({ query }: ScenarioFile): Map<string, { rows: number; atLeast: boolean }> {
  const parts = (new URLSearchParams(query).get('expect') ?? '').split(',').filter(Boolean);
  return new Map(
    parts.map((part) => {
      const [lane, rows] = part.split(':');
      return [lane, { rows: Number.parseInt(rows, 10), atLeast: rows.endsWith('+') }];
    }),
  );
}

/** The first screen and the lab: two or more designs under the same weather. */
export class Lab {
  readonly figure: Locator;
  readonly sentence: Locator;

  constructor(readonly page: Page) {
    this.figure = page.getByTestId('lab');
    this.sentence = page.getByTestId('sentence');
  }

  /** The experiment that is on show; every run has a UUID of its own. */
  async run(): Promise<string> {
    return (await this.figure.getAttribute('data-run')) ?? '';
  }

  /** Waits until nothing more will happen in any lane and everything that was recorded is drawn. */
  async finished(timeout = 30_000): Promise<void> {
    await expect(this.figure).toHaveAttribute('data-phase', 'done', { timeout });
  }

  lane(name: string): Locator {
    return this.page.locator(`[data-lane="${name}"]`);
  }

  feed(name: string): Locator {
    return this.page.getByTestId(`feed-${name}`);
  }

  posts(name: string): Locator {
    return this.feed(name).getByTestId('post');
  }

  /** The picture alone, as markup. */
  async picture(name: string): Promise<string> {
    return this.lane(name).locator('.picture').evaluate((element) => element.outerHTML);
  }

  /** What the page draws of each lane is what the database holds. */
  async equals(database: Database, rows: Record<string, number>): Promise<void> {
    const copies = await database.copies(await this.run());
    for (const [name, count] of Object.entries(rows)) {
      expect({ name, stored: stored(copies, name) }).toEqual({ name, stored: count });
      await expect(this.posts(name)).toHaveCount(count);
      await expect(this.lane(name).locator('[data-count]')).toHaveText(String(count));
    }
  }
}

/** How many rows a lane has. The product's own lanes write into the run's room of the feed. */
export function stored(copies: Copies, lane: string): number {
  return copies[lane === 'uuid' || lane === 'key' ? 'posts' : lane] ?? 0;
}
