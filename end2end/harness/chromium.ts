import { existsSync } from 'node:fs';
import type { LaunchOptions } from '@playwright/test';

const distribution = '/usr/bin/chromium';

/** POSTONCE_CHROMIUM chooses the browser; else the distribution's where it is there, else Playwright's own. */
export const chromium: LaunchOptions = {
  executablePath: process.env.POSTONCE_CHROMIUM ?? (existsSync(distribution) ? distribution : undefined),
  args: [
    '--no-sandbox',
    '--disable-quic',
    '--disable-background-networking',
    '--no-first-run',
    '--disable-sync',
  ],
};
