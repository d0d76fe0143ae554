import type { Browser } from './browser';
import { type Violation, glance, judge } from './oracle';
import { type Sabotage, sabotage } from './sabotage';
import type { Story } from './story';
import { TooLate } from './waiting';
import { World } from './world';

/** What came of a story. */
export interface Report {
  violations: Violation[];
  seconds: number;
  /** What is worth reading where something failed. */
  trace: string;
}

/** Plays a story from an empty database to the end, and judges it. */
export async function play(browser: Browser, story: Story, spoil?: Sabotage): Promise<Report> {
  const begun = Date.now();
  const violations: Violation[] = [];
  let trace = '';
  const world = await World.create(browser, story);
  try {
    await world.begin();
    for (const step of story.steps) {
      await world.apply(step);
      violations.push(...glance(world, await world.lookAround()));
      if (violations.length > 0) break;
    }
    if (violations.length === 0) {
      await world.heal();
      if (spoil) await sabotage(world, spoil);
      violations.push(...(await judge(world)));
    }
  } catch (error) {
    const kind = error instanceof TooLate ? 'dead page' : 'harness';
    violations.push({ kind, words: String((error as Error).stack ?? error) });
  }
  if (violations.length > 0) trace = await traceOf(world);
  await world.leave();
  return { violations, seconds: (Date.now() - begun) / 1_000, trace };
}

async function traceOf(world: World): Promise<string> {
  const rows = await world.database.rows().catch(() => []);
  const kept = await world.desk.kept().catch((error) => [{ store: '?', id: String(error), state: '', text: '' }]);
  const looks = await world.lookAround().catch((error) => [String(error)]);
  const pages = [...world.tabs, ...world.closed].map(({ number, console }) => `tab ${number}: ${console.join(' | ')}`);
  return [
    ...['texts:', ...world.texts.map((text) => `  ${JSON.stringify(text)}`)],
    ...['rows:', ...rows.map(({ id, user_id, content }) => `  ${id} of ${user_id}: ${content}`)],
    ...['the browser keeps:', ...kept.map(({ store, id, state, text }) => `  ${store} ${id} ${state} ${text.slice(0, 400)}`)],
    ...['writes:', ...world.network.writes.map((write) => `  ${write}`)],
    ...['tabs show:', ...looks.map((look) => `  ${JSON.stringify(look)}`)],
    ...['console:', ...pages.map((page) => `  ${page}`)],
    ...['the end of the server\'s log:', ...world.server.log.trim().split('\n').slice(-8).map((line) => `  ${line}`)],
  ].join('\n');
}
