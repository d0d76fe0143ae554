import type { BrowserContext } from 'puppeteer-core';

export type BrowserName = 'chromium' | 'firefox';

/** A running browser. Puppeteer speaks CDP to Chromium and WebDriver BiDi to Firefox, with one interface. */
export interface Browser {
  readonly name: BrowserName;
  /** A visitor with storage and cookies of their own. */
  arrive(): Promise<BrowserContext>;
  close(): Promise<void>;
  /** Ends a browser that no longer answers. */
  kill(): void;
}

export async function launch(name: BrowserName): Promise<Browser> {
  return name === 'firefox' ? (await import('./firefox')).launch() : (await import('./chromium')).launch();
}
