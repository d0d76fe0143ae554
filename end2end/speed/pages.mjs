// Measures what each page costs a first-time visitor: `node end2end/speed/pages.mjs [FILE] [--url URL] [--loads N]`.
// Prints a table and writes flat numbers to FILE. Without a URL it starts the release's server; POSTONCE_BINARY and
// POSTONCE_SITE name others.
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { chromium } from '@playwright/test';
import { load } from './load.mjs';
import { withServer } from './server.mjs';

/** Every page, by the name that its numbers go under. */
const PAGES = {
  home: '/',
  lab: '/lab',
  feed: '/feed',
  honesty: '/honesty',
  museum: '/museum',
  methods: '/methods',
  numbers: '/numbers',
  outage: '/outage',
  tour: '/tour',
  tour_1: '/tour/1',
};

const KINDS = ['html', 'css', 'js', 'wasm'];
const TIMES = ['first_byte_ms', 'content_ms', 'hydrated_ms'];

const { values, positionals } = parseArgs({
  options: { url: { type: 'string' }, loads: { type: 'string', default: '5' } },
  allowPositionals: true,
});
const loads = Number(values.loads);
const numbers = values.url ? await measure(values.url) : await withServer(measure);
if (positionals[0]) await writeFile(positionals[0], `${JSON.stringify(numbers, null, 2)}\n`);

async function measure(site) {
  const distribution = '/usr/bin/chromium';
  const executablePath = process.env.POSTONCE_CHROMIUM ?? (existsSync(distribution) ? distribution : undefined);
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-background-networking'] });
  const numbers = {};
  try {
    // The first load of all warms the server and the browser, and counts nowhere.
    await load(browser, `${site}/`, false);
    const rows = [];
    for (const [name, path] of Object.entries(PAGES)) {
      const idle = await several(browser, site + path, false);
      const slow = await several(browser, site + path, true);
      Object.assign(numbers, ofPage(name, idle, slow));
      rows.push(row(path, idle, slow));
    }
    const { kinds, whole } = await load(browser, `${site}/`, false);
    numbers.first_route_brotli_bytes = code(kinds);
    numbers.first_route_used_brotli_bytes = code(whole);
    print(rows);
    console.log(`first route, JS + WASM + CSS as sent: ${kilobytes(code(kinds))} KB; once used: ${kilobytes(code(whole))} KB`);
    return numbers;
  } finally {
    await browser.close();
  }
}

/** Bytes of everything but the text, as sent. */
function code({ css, js, wasm }) {
  return [css, js, wasm].reduce((sum, kind) => sum + (kind?.sent ?? 0), 0);
}

/** The medians of several loads. */
async function several(browser, url, slow) {
  const all = [];
  for (let number = 0; number < loads; number += 1) all.push(await load(browser, url, slow));
  const kinds = {};
  for (const kind of KINDS) {
    const of = (what) => median(all.map(({ kinds }) => kinds[kind]?.[what] ?? 0));
    kinds[kind] = { files: of('files'), raw: of('raw'), sent: of('sent') };
  }
  return { kinds, ...Object.fromEntries(TIMES.map((time) => [time, median(all.map((one) => one[time]))])) };
}

function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

function ofPage(name, idle, slow) {
  const numbers = {};
  for (const kind of KINDS) {
    const { files, raw, sent } = idle.kinds[kind];
    numbers[`page_${name}_${kind}_files`] = files;
    numbers[`page_${name}_${kind}_raw_bytes`] = raw;
    numbers[`page_${name}_${kind}_brotli_bytes`] = sent;
  }
  for (const time of TIMES) {
    numbers[`page_${name}_${time}`] = Math.round(idle[time]);
    if (time !== 'first_byte_ms') numbers[`page_${name}_slow_${time}`] = Math.round(slow[time]);
  }
  return numbers;
}

function row(path, idle, slow) {
  const bytes = KINDS.map((kind) => {
    const { files, raw, sent } = idle.kinds[kind];
    return `${kilobytes(raw)} / ${kilobytes(sent)}${files > 1 ? ` in ${files}` : ''}`;
  });
  // The browser slows what it does with answers, so the first byte is as early on a slow line.
  const times = (of, which) => which.map((time) => Math.round(of[time])).join(' / ');
  return [path, ...bytes, times(idle, TIMES), times(slow, TIMES.slice(1))];
}

function kilobytes(bytes) {
  return (bytes / 1_024).toFixed(1);
}

function print(rows) {
  const head = ['page', ...KINDS.map((kind) => `${kind}, KB raw / sent`), 'ms to first byte / content / hydrated', 'slow: content / hydrated'];
  const table = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...table.map((cells) => cells[column].length)));
  for (const cells of table) console.log(cells.map((cell, column) => cell.padEnd(widths[column])).join('  '));
}
