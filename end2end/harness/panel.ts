import type { Locator } from '@playwright/test';
import type { Tab } from './tab';

export type FaultPoint =
  | 'request-lost'
  | 'request-late'
  | 'connect-refused'
  | 'rolled-back'
  | 'commit-ack-lost'
  | 'reply-lost'
  | 'slow';

/** The network panel: how a visitor asks for bad weather. */
export class Panel {
  readonly section: Locator;

  constructor(tab: Tab) {
    this.section = tab.page.getByTestId('network');
  }

  /** Arms a fault for the next attempts. */
  async arm(point: FaultPoint, times = 1): Promise<void> {
    await this.section.getByLabel('What fails').selectOption(point);
    await this.section.getByLabel('How many attempts').fill(String(times));
    await this.section.getByRole('button', { name: 'Arm it' }).click();
  }

  /** Lets each attempt draw from a seed. */
  async odds(point: FaultPoint, percent: number, seed: number): Promise<void> {
    await this.section.getByLabel('What fails').selectOption(point);
    await this.section.getByLabel('Odds per attempt, in per cent').fill(String(percent));
    await this.section.getByLabel(/^Seed/).fill(String(seed));
    await this.section.getByRole('button', { name: 'Arm it' }).click();
  }

  async mend(): Promise<void> {
    await this.section.getByRole('button', { name: 'Mend everything' }).click();
  }
}
