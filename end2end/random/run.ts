import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Browser, type BrowserName, launch } from './browser';
import { type Report, play } from './play';
import { SABOTAGES, type Sabotage } from './sabotage';
import { shrink } from './shrink';
import { type Story, storyOf, told } from './story';

const SHRINK_MS = 120_000;

/** A story that failed once, and why. */
interface Kept {
  story: Story;
  why: string;
}

interface Task {
  name: string;
  story: Story;
  /** What is typed to play it again. */
  again: string;
}

const { values } = parseArgs({
  options: {
    browser: { type: 'string', default: 'chromium' },
    seeds: { type: 'string' },
    seed: { type: 'string' },
    story: { type: 'string' },
    workers: { type: 'string', default: '2' },
    sabotage: { type: 'string' },
    shrink: { type: 'string', default: 'yes' },
  },
});
const name = values.browser as BrowserName;
if (name !== 'chromium' && name !== 'firefox') throw new Error('--browser is chromium or firefox');
const spoil = values.sabotage as Sabotage | undefined;
if (spoil && !SABOTAGES.includes(spoil)) throw new Error(`--sabotage is ${SABOTAGES.join(' or ')}`);

function tasks(): Task[] {
  if (values.story) {
    const story = JSON.parse(values.story) as Story;
    return [{ name: 'the story', story, again: `--story '${values.story}'` }];
  }
  const [from, to] = (values.seeds ?? '0..30').split('..').map(Number);
  const single = values.seed === undefined ? undefined : Number(values.seed);
  const first = single ?? from!;
  const seeds = Array.from({ length: (single ?? to! - 1) - first + 1 }, (_, index) => first + index);
  const seeded = seeds.map((seed) => ({ name: `seed ${seed}`, story: storyOf(seed), again: `--seed ${seed}` }));
  if (single !== undefined || spoil) return seeded;
  const kept = JSON.parse(readFileSync(join(import.meta.dirname, 'kept.json'), 'utf8')) as Kept[];
  const again = (story: Story) => `--story '${JSON.stringify(story)}'`;
  return [...kept.map(({ story, why }) => ({ name: `kept: ${why}`, story, again: again(story) })), ...seeded];
}

const queue = tasks();
const failed: string[] = [];
let passed = 0;
let interrupted = false;

/** A browser that is started again where it has died. */
class Worker {
  private browser: Browser | undefined;

  async play(story: Story): Promise<Report> {
    for (let attempt = 1; ; attempt++) {
      this.browser ??= await launch(name);
      const report = await play(this.browser, story, spoil).catch((error): Report => {
        return { violations: [{ kind: 'harness', words: String(error.stack ?? error) }], seconds: 0, trace: '' };
      });
      const ill = report.violations.some(({ kind }) => kind === 'harness' || kind === 'dead page');
      if (ill) await this.discard();
      // What this program does wrong is not held against the product before it has happened twice.
      if (attempt === 2 || !report.violations.some(({ kind }) => kind === 'harness')) return report;
    }
  }

  async discard(): Promise<void> {
    this.browser?.kill();
    this.browser = undefined;
  }

  async work(): Promise<void> {
    for (let task = queue.shift(); task; task = queue.shift()) {
      const report = await this.play(task.story);
      await this.report(task, report);
    }
    await this.browser?.close();
  }

  private async report({ name: what, story, again }: Task, report: Report): Promise<void> {
    const found = report.violations;
    const good = spoil ? found.length > 0 : found.length === 0;
    if (good) passed++;
    else failed.push(what);
    console.log(`${good ? 'ok    ' : 'FAILED'} ${what} (${report.seconds.toFixed(1)} s)`);
    if (good) return;
    if (spoil) return console.log(`       nothing was found after sabotage: ${told(story)}`);
    const kind = found[0]!.kind;
    const lines = [`       ${found.map(({ kind, words }) => `${kind}: ${words}`).join('\n       ')}`];
    if (values.shrink === 'yes' && !values.story) {
      let last = report;
      const fails = async (shorter: Story) => {
        if (interrupted) return false;
        const next = await this.play(shorter);
        const same = next.violations.some((violation) => violation.kind === kind);
        if (same) last = next;
        return same;
      };
      const shortest = await shrink(story, fails, SHRINK_MS);
      lines.push(`  the shortest story that fails like that: ${told(shortest)}`);
      lines.push(`  npm --prefix end2end run random -- --browser ${name} --story '${JSON.stringify(shortest)}'`);
      lines.push(last.trace.replace(/^/gm, '  | '));
    } else lines.push(report.trace.replace(/^/gm, '  | '));
    lines.push(`  the whole story: ${told(story)}`);
    lines.push(`  npm --prefix end2end run random -- --browser ${name} ${again}`);
    console.log(lines.join('\n'));
  }
}

// Stories under way end, so that no server or browser outlives this program.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    queue.length = 0;
    interrupted = true;
  });
}

const begun = Date.now();
await Promise.all(Array.from({ length: Number(values.workers) }, () => new Worker().work()));
const minutes = ((Date.now() - begun) / 60_000).toFixed(1);
for (const what of failed) console.log(`failed: ${what}`);
console.log(`${name}: ${passed} passed, ${failed.length} failed in ${minutes} minutes`);
process.exit(failed.length > 0 ? 1 : 0);
