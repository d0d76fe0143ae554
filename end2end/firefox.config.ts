import { defineConfig } from '@playwright/test';

/** `npm run firefox`: the core set in Firefox. Puppeteer drives the browser; Playwright runs the tests alone. */
export default defineConfig({
  testDir: 'firefox',
  outputDir: 'test-results/firefox',
  forbidOnly: true,
  fullyParallel: true,
  workers: 2,
  retries: 0,
  timeout: 60_000,
  expect: { timeout: 15_000 },
  reporter: [['list']],
});
