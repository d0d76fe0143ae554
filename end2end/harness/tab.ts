import { type Locator, type Page, expect } from '@playwright/test';
import { type Draft, type Item, draftsOf, endLeases, outboxOf } from './outbox';
import type { Intents } from './intents';

/** A `post` element as the page shows it. */
export interface Card {
  id: string;
  state: string;
  /** Whether it stands in the outbox, and so is no stored row. */
  pending: boolean;
}

/** One tab: what a visitor sees of the feed and does with it. */
export class Tab {
  readonly composer: Locator;
  readonly text: Locator;
  readonly postButton: Locator;
  readonly feed: Locator;
  readonly cards: Locator;

  constructor(
    readonly page: Page,
    private readonly intents: Intents,
  ) {
    this.composer = page.getByTestId('composer');
    this.text = this.composer.getByRole('textbox');
    this.postButton = this.composer.getByRole('button', { name: /^Post/ });
    this.feed = page.getByTestId('feed');
    this.cards = this.feed.getByTestId('post');
  }

  /** Opens a page and waits until the browser's program has taken it over. */
  async open(path = '/feed'): Promise<void> {
    await this.page.goto(path);
    await this.takenOver();
  }

  async reload(): Promise<void> {
    await this.page.reload();
    await this.takenOver();
  }

  /** The page's program runs and has put its own id into the form. */
  async takenOver(): Promise<void> {
    await this.page.locator('[data-testid="composer"][data-own-id]').waitFor();
  }

  /** Whose this page is. */
  async userId(): Promise<string | null> {
    return this.page.locator('[data-user-id]').getAttribute('data-user-id');
  }

  /** The id that the form would post under. */
  async draftId(): Promise<string> {
    return this.composer.locator('input[name="id"]').inputValue();
  }

  /** Writes and presses, and waits for neither storage nor server. */
  async post(content: string): Promise<void> {
    await this.write(content);
    await this.postButton.click();
  }

  /** Fills the composer with what is meant to be posted once. */
  async write(content: string): Promise<void> {
    this.intents.add(content);
    await this.text.fill(content);
  }

  /** Posts, and waits until the text is kept, which is when the composer is free again. */
  async enqueue(content: string): Promise<void> {
    const id = await this.draftId();
    await this.post(content);
    await this.page.waitForFunction(
      (before) =>
        document.querySelector<HTMLInputElement>('[data-testid="composer"] input[name="id"]')?.value !== before,
      id,
    );
  }

  card(content: string): Locator {
    return this.cards.filter({ has: this.page.getByText(content, { exact: true }) });
  }

  /** Nothing sticks out to the side. */
  async fits(): Promise<void> {
    const { scrollWidth, clientWidth } = await this.page.evaluate(() => ({
      scrollWidth: document.documentElement.scrollWidth,
      clientWidth: document.documentElement.clientWidth,
    }));
    expect(scrollWidth, 'the page is no wider than its window').toBeLessThanOrEqual(clientWidth);
  }

  /** All post elements of the page, in document order. */
  async shown(): Promise<Card[]> {
    return this.page.getByTestId('post').evaluateAll((elements) =>
      elements.map((element) => ({
        id: element.getAttribute('data-id') ?? '',
        state: element.getAttribute('data-state') ?? '',
        pending: element.closest('[data-testid="outbox"]') !== null,
      })),
    );
  }

  /** The rows of this browser's outbox, receipts among them. */
  async outbox(): Promise<Item[]> {
    return outboxOf(this.page);
  }

  /** Makes every sender look dead to whoever reads the outbox next. */
  async endLeases(): Promise<void> {
    await endLeases(this.page);
  }

  /** What is being written in this browser. */
  async drafts(): Promise<Draft[]> {
    return draftsOf(this.page);
  }
}
