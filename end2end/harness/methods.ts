import { type Locator, expect } from '@playwright/test';
import type { Tab } from './tab';

/** One call as its log shows it. */
export interface Call {
  status: string;
  replayed: boolean;
  changed: string;
  hash: string;
}

/** The page that measures HTTP's methods. */
export class Methods {
  constructor(private readonly tab: Tab) {}

  async open(): Promise<void> {
    await this.tab.page.goto('/methods');
    await expect(this.measureAll.and(this.tab.page.locator(':not([aria-disabled])'))).toBeVisible();
  }

  get measureAll(): Locator {
    return this.tab.page.getByRole('button', { name: 'Measure all' });
  }

  log(trial: string): Locator {
    return this.tab.page.locator(`[data-log="${trial}"]`);
  }

  /** Chooses a method and sends it so often; waits until every call is there. */
  async send(trial: string, times: 1 | 2 | 5): Promise<void> {
    await this.choose(trial);
    const before = await this.log(trial).locator('.call').count();
    await this.tab.page.getByRole('button', { name: `Send ×${times}` }).click();
    await this.calls(trial, before + times);
  }

  async choose(trial: string): Promise<void> {
    await this.tab.page.locator(`#method-${trial}`).check();
  }

  /** The calls of a log, once there are so many and nothing is on its way. */
  async calls(trial: string, count: number): Promise<Call[]> {
    await expect(this.log(trial).locator('.call')).toHaveCount(count, { timeout: 20_000 });
    await expect(this.measureAll).not.toHaveAttribute('aria-disabled');
    return this.log(trial)
      .locator('.call')
      .evaluateAll((lines) =>
        lines.map((line) => ({
          status: line.getAttribute('data-status') ?? '',
          replayed: line.hasAttribute('data-replayed'),
          changed: line.getAttribute('data-changed') ?? '',
          hash: line.getAttribute('data-hash') ?? '',
        })),
      );
  }

  async run(trial: string): Promise<string> {
    return (await this.log(trial).getAttribute('data-run'))!;
  }

  /** What the table says was measured of a method: `yes`, `no` or nothing yet. */
  async verdict(trial: string, of: 'safe' | 'idempotent'): Promise<string | null> {
    const cell = this.tab.page.locator(`tr[data-trial="${trial}"] [data-measured="${of}"] .measured`);
    return cell.getAttribute('data-found');
  }
}
