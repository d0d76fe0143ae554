import puppeteer from 'puppeteer-core';
import { chromium } from '../harness/chromium';
import type { Browser } from './browser';

export async function launch(): Promise<Browser> {
  const browser = await puppeteer.launch({
    executablePath: chromium.executablePath ?? (await import('@playwright/test')).chromium.executablePath(),
    args: chromium.args,
  });
  return {
    name: 'chromium',
    arrive: () => browser.createBrowserContext(),
    close: () => browser.close(),
    kill: () => void browser.process()?.kill('SIGKILL'),
  };
}
