/** What was meant to be posted, by text: tests write each text for one intent alone. */
export class Intents {
  private readonly texts = new Set<string>();
  private readonly withdrawn = new Set<string>();

  add(content: string): void {
    this.texts.add(content);
  }

  /** The visitor cancelled, discarded or deleted it: no row may hold it. */
  withdraw(content: string): void {
    this.withdrawn.add(content);
  }

  /** It never was an intent: the product refuses to take it, and says so. */
  refuse(content: string): void {
    this.texts.delete(content);
  }

  get kept(): string[] {
    return [...this.texts].filter((text) => !this.withdrawn.has(text));
  }

  get gone(): string[] {
    return [...this.withdrawn];
  }
}
