/** How the line and the processor are held back; the numbers are those by which pages are usually judged. */
const SLOW = { processor: 4, latencyMs: 150, downBytesPerS: (1_600 * 1_000) / 8, upBytesPerS: (750 * 1_000) / 8 };

const LIMIT_MS = 60_000;

/** The kinds of files that a page is made of, by media type. */
const KINDS = {
  'text/html': 'html',
  'text/css': 'css',
  'text/javascript': 'js',
  'application/javascript': 'js',
  'application/wasm': 'wasm',
};

/** The first screen fetches the rest of its program when it is used; this is there once all of it answers. */
const COMPOSER = '.first > .opening';
const WHOLE = '.first > .next-steps:not([hidden])';

/**
 * Loads a page once in a browser that has seen nothing of the site, until the program has taken all of it over. Gives
 * milliseconds from the start of the navigation, and bytes per kind: `raw` as unpacked, `sent` as they went over the
 * line, without headers; `files` counts them. `kinds` are those of a page that is opened and left alone, `whole` those
 * of one that is used, which are more on the first screen alone.
 */
export async function load(browser, url, slow) {
  const context = await browser.newContext({ serviceWorkers: 'block' });
  try {
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    const requests = await follow(session);
    if (slow) await holdBack(session);
    await page.addInitScript(noteTakingOver);
    await page.goto(url, { waitUntil: 'commit', timeout: LIMIT_MS });
    await page.waitForFunction(() => window.takenOverAt !== undefined, undefined, { timeout: LIMIT_MS });
    // The paint comes with a frame of its own, which may follow the taking over.
    await page.waitForFunction(() => performance.getEntriesByName('first-contentful-paint').length > 0, undefined, {
      timeout: LIMIT_MS,
    });
    const times = await page.evaluate(() => ({
      first_byte_ms: performance.getEntriesByType('navigation')[0].responseStart,
      content_ms: performance.getEntriesByName('first-contentful-paint')[0].startTime,
      hydrated_ms: window.takenOverAt,
    }));
    if ((await page.locator(COMPOSER).count()) === 0) return { ...times, kinds: sum(requests), whole: sum(requests) };
    await page.waitForLoadState('networkidle');
    const kinds = sum(requests);
    await page.locator(COMPOSER).hover();
    await page.locator(WHOLE).waitFor({ timeout: LIMIT_MS });
    return { ...times, kinds, whole: sum(requests) };
  } finally {
    await context.close();
  }
}

/** Runs in the page: notes the moment at which the frame says that its program answers. */
function noteTakingOver() {
  const look = () => {
    if (window.takenOverAt === undefined && document.querySelector('.frame[data-ready]')) {
      window.takenOverAt = performance.now();
      watch.disconnect();
    }
  };
  const watch = new MutationObserver(look);
  watch.observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['data-ready'] });
}

async function holdBack(session) {
  await session.send('Emulation.setCPUThrottlingRate', { rate: SLOW.processor });
  await session.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: SLOW.latencyMs,
    downloadThroughput: SLOW.downBytesPerS,
    uploadThroughput: SLOW.upBytesPerS,
  });
}

/** Every request of the page, as the browser's own network log tells it. */
async function follow(session) {
  const requests = new Map();
  const of = (event, note) => {
    const request = requests.get(event.requestId);
    if (request) note(request);
  };
  session.on('Network.requestWillBeSent', (event) => {
    requests.set(event.requestId, { raw: 0, sent: 0, headers: 0 });
  });
  session.on('Network.responseReceived', (event) =>
    of(event, (request) => {
      request.kind = KINDS[event.response.mimeType];
      request.headers = event.response.encodedDataLength;
    }),
  );
  session.on('Network.dataReceived', (event) => of(event, (request) => (request.raw += event.dataLength)));
  session.on('Network.loadingFinished', (event) =>
    of(event, (request) => (request.sent = event.encodedDataLength - request.headers)),
  );
  await session.send('Network.enable');
  return requests;
}

/** Of what has arrived by now. */
function sum(requests) {
  const kinds = {};
  for (const { kind, raw, sent } of requests.values()) {
    if (!kind || !sent) continue;
    const total = (kinds[kind] ??= { files: 0, raw: 0, sent: 0 });
    total.files += 1;
    total.raw += raw;
    total.sent += sent;
  }
  return kinds;
}
