import { existsSync } from 'node:fs';
import puppeteer from 'puppeteer-core';
import type { Browser } from './browser';

const candidates = [process.env.POSTONCE_FIREFOX, '/usr/bin/firefox-esr', '/usr/bin/firefox'];

/** POSTONCE_FIREFOX chooses the browser; else Debian's. */
export async function launch(preferences: Record<string, unknown> = {}): Promise<Browser> {
  const executablePath = candidates.find((path) => path && existsSync(path));
  if (!executablePath) throw new Error('Firefox is missing: run scripts/setup test');
  const browser = await puppeteer.launch({
    browser: 'firefox',
    protocol: 'webDriverBiDi',
    executablePath,
    // Tabs in the background of a test are tabs that somebody looks at.
    extraPrefsFirefox: { 'dom.min_background_timeout_value': 4, ...preferences },
  });
  return {
    name: 'firefox',
    arrive: () => browser.createBrowserContext(),
    close: () => browser.close(),
    kill: () => void browser.process()?.kill('SIGKILL'),
  };
}
