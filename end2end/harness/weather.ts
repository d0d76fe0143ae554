import type { BrowserContext, Page, Request, Route } from '@playwright/test';

/** A `Fault` header for an attempt; `request-lost` never leaves the browser. */
export type Forecast = (attempt: number, request: Request) => string | undefined;

/** Gives every write of a page its weather, by the number of its attempt. */
export async function forecast(page: Page, weather: Forecast | Record<number, string>): Promise<void> {
  const fault = typeof weather === 'function' ? weather : (attempt: number) => weather[attempt];
  await onWrite(page, async (route, attempt) => {
    const asked = fault(attempt, route.request());
    if (asked === 'request-lost') return route.abort('internetdisconnected');
    await route.continue({ headers: { ...route.request().headers(), ...(asked && { fault: asked }) } });
  });
}

/** Meets every write to a post, of one page or of a browser's, with the number of its attempt. */
export async function onWrite(
  page: Page | BrowserContext,
  meet: (route: Route, attempt: number) => Promise<void>,
): Promise<void> {
  await page.route('**/api/posts/*', async (route) => {
    const request = route.request();
    if (request.method() === 'GET') return route.fallback();
    await meet(route, Number(request.headers()['attempt'] ?? 1));
  });
}

/** Holds one attempt in the browser, so that what stands between two attempts can be looked at. */
export async function holdAttempt(page: Page, number: number): Promise<{ reached: Promise<void>; release: () => void }> {
  const begun = gate();
  const released = gate();
  await onWrite(page, async (route, attempt) => {
    if (attempt === number) {
      begun.open();
      await released.opened;
    }
    await route.fallback();
  });
  return { reached: begun.opened, release: released.open };
}

/** A promise and the function that keeps it. */
export function gate(): { opened: Promise<void>; open: () => void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

/** Answers in the server's name. */
export function problem(
  route: Route,
  status: number,
  name: string,
  sameKeySafe: boolean,
  headers: Record<string, string> = {},
): Promise<void> {
  return route.fulfill({
    status,
    headers: { 'content-type': 'application/problem+json', ...headers },
    body: JSON.stringify({
      type: `/problems/${name}`,
      title: name,
      status,
      detail: `Refused with ${status} by the test.`,
      outcome: 'not_applied',
      same_key_safe: sameKeySafe,
      new_key_safe: true,
    }),
  });
}
