import { defineConfig } from '@playwright/test';
import tests from './playwright.config';

/** `npm run screenshots`: pictures of the finished pages, and the one in the README. */
export default defineConfig({
  ...tests,
  testDir: 'screenshots',
  workers: 1,
  projects: [{ name: 'screenshots', use: { databaseKind: 'sqlite' as const } }],
});
