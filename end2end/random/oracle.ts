import type { Row } from '../harness/database';
import type { Kept, Look } from './scripts';
import type { Tab } from './tab';
import type { Text } from './text';
import { pause } from './waiting';
import type { World } from './world';

/** What must hold and does not: a kind, for comparing, and words. */
export interface Violation {
  kind: string;
  words: string;
}

/** How long everything may take to come to rest once all is well: the longest back-off is skipped by pressing. */
const REST_MS = 20_000;
/** More than this, a second, over two seconds or longer, is a loop. */
const REQUESTS_A_SECOND = 40;
const ASKED_A_SECOND = 400;
const MEMORY_MB = 300;
const SETTLED = ['acked', 'gone'];

/** What can be judged at any moment, and cheaply. */
export function glance(world: World, looks: Look[]): Violation[] {
  const found: Violation[] = [];
  const say = (kind: string, words: string) => found.push({ kind, words });
  const tabs = world.tabs.filter(({ loaded }) => loaded);
  looks.forEach((look, index) => {
    const tab = tabs[index];
    const ids = look.cards.map(({ id }) => id);
    const twice = ids.find((id, at) => ids.indexOf(id) !== at);
    if (twice) say('shown twice', `two elements of tab ${tab?.number} have the id ${twice}`);
    if (look.memory > MEMORY_MB) say('memory', `tab ${tab?.number} takes ${Math.round(look.memory)} MB`);
    if (tab && loops(tab, look)) say('loop', `tab ${tab.number} asked its browser ${look.asked} times`);
  });
  for (const tab of [...world.tabs, ...world.closed]) {
    for (const fault of tab.faults.splice(0)) say('console', `tab ${tab.number}: ${fault}`);
  }
  const { arrivals } = world.network;
  const recent = arrivals.filter((at) => at > Date.now() - 2_000).length;
  if (recent > 2 * REQUESTS_A_SECOND) say('loop', `${recent} requests in two seconds`);
  return found;
}

function loops(tab: Tab, { asked }: Look): boolean {
  const now = Date.now();
  const before = (tab.last ??= { at: now, asked });
  const seconds = (now - before.at) / 1_000;
  if (seconds < 2) return false;
  tab.last = { at: now, asked };
  return (asked - before.asked) / seconds > ASKED_A_SECOND;
}

/** Waits until nothing is on its way, then judges everything. */
export async function judge(world: World): Promise<Violation[]> {
  const unrest = await rest(world);
  const looks = await world.lookAround();
  const kept = await world.desk.kept();
  const rows = await world.database.rows();
  const found = [...unrest, ...glance(world, looks)];
  for (const text of world.texts) found.push(...judgeText(world, text, rows, kept, looks));
  found.push(...judgeOrder(world, rows, kept));
  for (const id of world.network.answered) {
    if (!rows.some((row) => row.id === id)) found.push({ kind: 'answered', words: `${id} was answered, not stored` });
  }
  if (/panicked at/.test(world.server.log)) found.push({ kind: 'panic', words: 'the server panicked' });
  return found;
}

/** All is well, so what is under way ends, and the browser keeps things again. */
async function rest(world: World): Promise<Violation[]> {
  const begun = Date.now();
  for (let turn = 0; ; turn++) {
    const looks = await world.lookAround();
    const waiting = (await world.desk.kept()).filter(({ store, state, text }) => {
      return store === 'outbox' && ![...SETTLED, 'needs_user'].includes(state) && ownersOf(world, text).includes('A');
    });
    const movingIn = ({ cards }: Look) => {
      const pending = cards.filter((card) => card.pending && card.state !== 'needs-you');
      return pending.filter(({ text }) => ownersOf(world, text).includes('A'));
    };
    const moving = looks.flatMap(movingIn);
    const forgetful = looks.some((look) => look.forgetful);
    const typing = world.tabs.filter(({ writing }) => writing?.stage === 'pressed');
    if (waiting.length + moving.length + typing.length === 0 && !forgetful) return [];
    if (Date.now() - begun > REST_MS) {
      const states = [...waiting, ...moving].map(({ id, state }) => `${id} ${state}`);
      if (typing.length > 0) states.push('a text that was posted stands in its field');
      const stuck = { kind: 'stuck', words: `no rest in ${REST_MS} ms: ${states.join(', ')}` };
      const memory = { kind: 'forgetful', words: 'storage is well, and the page says that it keeps nothing' };
      return [...(states.length > 0 ? [stuck] : []), ...(forgetful ? [memory] : [])];
    }
    await pause(150);
    const restless = looks.findIndex((look) => movingIn(look).length > 0);
    if (turn % 12 === 11) await world.hasten(world.tabs.filter(({ loaded }) => loaded)[restless]);
  }
}

function ownersOf(world: World, row: string): Text['owner'][] {
  return world.texts.filter(({ content }) => row.includes(content)).map(({ owner }) => owner);
}

/** A text is in exactly one place, as one person's, and where nobody has to decide nobody is asked. */
function judgeText(world: World, text: Text, rows: Row[], kept: Kept[], looks: Look[]): Violation[] {
  const found: Violation[] = [];
  const say = (kind: string, words: string) => found.push({ kind, words: `${text.content} ${words}` });
  const stored = rows.filter((row) => row.content === text.content);
  if (stored.length > 1) say('stored twice', `has ${stored.length} rows: ${stored.map(({ id }) => id).join(', ')}`);
  if (text.owner !== 'either') {
    const strangers = stored.filter(({ user_id }) => user_id !== world.identity.user(text.owner as 'A' | 'B'));
    if (strangers.length > 0) say("another's", `of ${text.owner} is stored as ${strangers[0]!.user_id}'s`);
  }
  if (text.stopped && stored.length > 0) say('came back', 'was stopped and is stored');

  const mine = kept.filter((row) => row.text.includes(text.content) && !SETTLED.includes(row.state));
  const places = new Map<string, string>();
  for (const row of stored) places.set(row.id, 'stored');
  for (const row of mine.filter(({ store }) => store !== 'localStorage')) note(row.id, row.store);
  for (const look of looks) {
    if (look.text.includes(text.content)) note(look.id, 'a field');
    for (const card of look.cards.filter((card) => card.pending && card.text === text.content)) note(card.id, 'a card');
  }
  // The second place may hold a copy; alone it is a place like the others.
  const second = mine.find(({ store }) => store === 'localStorage');
  if (second && places.size === 0) note(second.id, 'the second place');
  if (places.size > 1) say('two places', [...places].map(([id, place]) => `${place} under ${id}`).join(' and '));
  const mustBe = text.stage === 'taken' && !text.excused && !text.stopped;
  if (places.size === 0 && mustBe) say('lost', 'was taken and is nowhere');
  const asked = mine.some(({ state }) => state === 'needs_user');
  const changed = world.story.steps.some((step) => step.do === 'identity');
  if (asked && !changed) say('needs you', 'waits for a decision that nobody has to take');
  return found;

  function note(id: string, place: string): void {
    places.set(id, [places.get(id), place].filter(Boolean).join(', '));
  }
}

/** What one tab posted stands in the order in which it was posted, unless the order was given up. */
function judgeOrder(world: World, rows: Row[], kept: Kept[]): Violation[] {
  if (world.story.steps.some(({ do: what }) => what === 'identity' || what === 'clear')) return [];
  const aside = (text: Text) => text.stopped || kept.some((row) => row.state === 'needs_user' && row.text.includes(text.content));
  const order = rows.map((row) => row.content);
  const found: Violation[] = [];
  for (const number of new Set(world.texts.map(({ tab }) => tab))) {
    const mine = world.texts.filter((text) => text.tab === number && !aside(text) && text.pressedAt !== undefined);
    const pressed = mine.sort((one, other) => one.pressedAt! - other.pressedAt!).map(({ content }) => content);
    const inOrder = order.filter((content): content is string => content !== null && pressed.includes(content));
    const expected = pressed.filter((content) => inOrder.includes(content));
    // A text with two rows is another finding.
    if (inOrder.length === expected.length && inOrder.join() !== expected.join()) {
      found.push({ kind: 'order', words: `tab ${number} posted ${expected.join(' ')}, stored are ${inOrder.join(' ')}` });
    }
  }
  return found;
}
