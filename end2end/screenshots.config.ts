import { defineConfig } from '@playwright/test';
import type { Options } from './harness/test';
import tests from './playwright.config';

/** `npm run screenshots`: pictures of the finished pages, and the one in the README. */
export default defineConfig<Options>({
  ...tests,
  testDir: 'screenshots',
  workers: 1,
  projects: [{ name: 'screenshots', use: { databaseKind: 'sqlite' as const } }],
});
