import { type BrowserContext, type Page, type Response, expect } from '@playwright/test';

/** Chromium reports every failed request by itself; these are no errors of the page. */
const CHROMIUMS_OWN = /^Failed to load resource|net::ERR_/;

/** What a panic of the program leaves behind: its words, and the trap that ends it. */
const PANIC = /^console: panicked at |^uncaught: RuntimeError: unreachable/;

/** Sees everything that happens in a browser and remembers what must not, and what was promised. */
export class Witness {
  /** Console errors, uncaught exceptions and violations of the content security policy. */
  readonly faults: string[] = [];
  /** Ids of posts that the server has answered for. */
  readonly answered = new Set<string>();
  /** Requests that wrote, in the order in which they were sent: `PUT 0197… attempt 1`. */
  readonly writes: string[] = [];

  async follow(context: BrowserContext): Promise<void> {
    await context.exposeBinding('violated', (_, text: string) => this.faults.push(`content security policy: ${text}`));
    await context.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        const { violated } = window as unknown as { violated(text: string): void };
        violated(`${event.violatedDirective} ${event.blockedURI}`);
      });
    });
    context.on('page', (page) => this.watch(page));
    context.on('response', (response) => void this.hear(response));
    context.on('request', (request) => {
      const [, id] = /^\/api\/posts\/([^/]+)$/.exec(new URL(request.url()).pathname) ?? [];
      if (id && request.method() !== 'GET') {
        this.writes.push(`${request.method()} ${id} attempt ${request.headers()['attempt']}`);
      }
    });
  }

  /** Waits for the panic, or the `failure`, that a test provokes, and takes it and what follows out of what must not happen. */
  async panicked(failure = PANIC): Promise<void> {
    const others = () => this.faults.filter((fault) => !failure.test(fault) && !PANIC.test(fault));
    await expect.poll(() => this.faults.length - others().length).toBeGreaterThan(0);
    this.faults.splice(0, this.faults.length, ...others());
  }

  private watch(page: Page): void {
    page.on('pageerror', (error) => this.faults.push(`uncaught: ${error.stack ?? error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error' && !CHROMIUMS_OWN.test(message.text())) {
        this.faults.push(`console: ${message.text()}`);
      }
    });
  }

  private async hear(response: Response): Promise<void> {
    const request = response.request();
    const path = new URL(request.url()).pathname;
    if (request.method() !== 'PUT' || !path.startsWith('/api/posts/') || response.status() > 201) return;
    if (!response.headers()['content-type']?.startsWith('application/json')) return;
    this.answered.add(path.slice('/api/posts/'.length).toLowerCase());
  }
}
