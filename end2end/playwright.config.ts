import { defineConfig } from '@playwright/test';
import { chromium } from './harness/chromium';
import type { Options } from './harness/test';

const postgres = process.env.TEST_POSTGRES_URL;
if (!postgres && !process.env.TEST_WORKER_INDEX) {
  console.warn('TEST_POSTGRES_URL is not set: the core set runs on SQLite alone');
}

/** Everything on SQLite; on Postgres the core set, which is what a database could make different. */
export default defineConfig<Options>({
  testDir: 'tests',
  outputDir: 'test-results',
  forbidOnly: true,
  fullyParallel: true,
  workers: 3,
  retries: 0,
  timeout: 45_000,
  expect: { timeout: 10_000 },
  reporter: [['list']],
  use: {
    launchOptions: chromium,
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    serviceWorkers: 'block',
    timezoneId: 'UTC',
    locale: 'en-GB',
  },
  projects: [
    { name: 'sqlite', use: { databaseKind: 'sqlite' } },
    ...(postgres ? [{ name: 'postgres', grep: /@core/, use: { databaseKind: 'postgres' as const } }] : []),
  ],
});
