import type { BrowserContext } from 'puppeteer-core';
import { type Database, createDatabase } from '../harness/database';
import { Server } from '../harness/server';
import type { Browser } from './browser';
import { Desk } from './desk';
import { Identity } from './identity';
import { Network } from './network';
import * as scripts from './scripts';
import type { Step, Story } from './story';
import { Tab } from './tab';
import { type Text, textOf } from './text';
import { pause, until, within } from './waiting';

const DAY_MS = 24 * 60 * 60 * 1_000;
/** How long a visitor looks at a pressed button before they do something else. */
const GLANCE_MS = 500;
/** How long a visitor waits for a field in which the last text still stands. */
const PATIENCE_MS = 1_200;
/** How long a page may take to keep what is written in it. */
const SAVED_MS = 800;

/** A server, a network, a browser and a visitor with several tabs: everything a story happens to. */
export class World {
  readonly texts: Text[] = [];
  readonly tabs: Tab[] = [];
  /** Tabs that are closed, for what their pages said. */
  readonly closed: Tab[] = [];
  private readonly setting: scripts.Setting;
  /** What was there when storage was cleared. */
  private readonly cleared = new Set<Text>();
  private opened = 0;
  private dead = false;
  private known: Identity | undefined;

  private constructor(
    readonly story: Story,
    readonly database: Database,
    readonly server: Server,
    readonly network: Network,
    readonly context: BrowserContext,
    readonly desk: Desk,
  ) {
    this.setting = { locks: story.locks, channel: story.channel, offset: 0 };
  }

  static async create(browser: Browser, story: Story): Promise<World> {
    const database = await createDatabase('sqlite');
    const server = await Server.start(database);
    const network = await Network.before(() => server.url);
    const context = await browser.arrive();
    const desk = await Desk.open(context, network.url);
    return new World(story, database, server, network, context, desk);
  }

  /** The visitor comes. */
  async begin(): Promise<void> {
    await this.open();
    this.known = await Identity.meet(this.context, this.server.url);
  }

  get identity(): Identity {
    if (!this.known) throw new Error('nobody has come yet');
    return this.known;
  }

  async leave(): Promise<void> {
    await within(10_000, this.context.close(), 'the visitor leaves').catch(() => undefined);
    await this.network.close();
    await this.server.kill();
    await this.database.remove();
  }

  async apply(step: Step): Promise<void> {
    const tab = 'tab' in step && this.tabs.length > 0 ? this.tabs[step.tab % this.tabs.length] : undefined;
    switch (step.do) {
      case 'write':
      case 'post':
      case 'press':
        return tab?.loaded ? this.compose(tab, step) : undefined;
      case 'stop':
        return tab?.loaded ? this.stop(tab) : undefined;
      case 'try':
        return tab?.loaded ? void (await tab.pressOnCard('Try now')) : undefined;
      case 'reload':
        return tab && this.depart(tab, () => tab.reload());
      case 'away':
        return tab && this.depart(tab, () => tab.away());
      case 'close':
        return tab && this.close(tab);
      case 'open':
        return this.tabs.length < 3 ? this.open() : undefined;
      case 'offline':
        return this.network.offline();
      case 'online':
        return this.online();
      case 'kill':
        this.dead = true;
        return this.server.kill();
      case 'start':
        return this.revive();
      case 'fault':
        return this.network.arm(step.kind, step.times);
      case 'stall':
        return this.desk.stall(step.ms);
      case 'clear':
        return this.clear(step.how);
      case 'clock':
        this.setting.offset += step.days * DAY_MS;
        for (const each of this.tabs) await each.set(this.setting);
        return;
      case 'identity':
        return this.identity.become(step.who);
      case 'wait':
        return pause(step.ms);
    }
  }

  /** Everything is well again: network, server, storage and identity. A visitor looks at every tab. */
  async heal(): Promise<void> {
    await this.desk.released();
    this.network.heal();
    await this.revive();
    const changed = this.story.steps.some((step) => step.do === 'identity');
    await this.identity.become('A');
    for (const tab of this.tabs) if (!tab.loaded) await this.load(tab, () => tab.goto('/feed'));
    if (changed || this.tabs.length === 0) await this.open();
    await this.lookAround();
    for (const tab of this.tabs) await tab.wake();
  }

  /** Presses what a visitor without patience presses, and then looks at `last`: a hidden tab may rest from its feed. */
  async hasten(last?: Tab): Promise<void> {
    for (const tab of this.tabs) {
      await tab.front();
      await tab.pressOnCard('Try now');
    }
    await last?.front();
  }

  /** What each tab shows; a text that has left its field is taken. */
  async lookAround(): Promise<scripts.Look[]> {
    const looks: scripts.Look[] = [];
    for (const tab of this.tabs.filter(({ loaded }) => loaded)) {
      looks.push(await until(6_000, 'a page can be looked at', () => tab.look()));
    }
    return looks;
  }

  private async compose(tab: Tab, step: Step & { do: 'write' | 'post' | 'press' }): Promise<void> {
    await tab.front();
    await tab.ready();
    if (step.do !== 'press') {
      if (!(await tab.empties(PATIENCE_MS))) return;
      await tab.write(this.newText(tab));
    } else if ((await tab.look()).text === '') return;
    if (step.do === 'write') return;
    const text = tab.writing;
    if (text && text.stage === 'written') {
      text.stage = 'pressed';
      text.pressedAt = Date.now();
      text.owner = this.ownerIn(tab);
    }
    await tab.press(step.do === 'post' ? step.how : 'click');
    await tab.empties(GLANCE_MS);
  }

  /** Whose a text is: under a page that was loaded for somebody else nobody can tell. */
  private ownerIn(tab: Tab): Text['owner'] {
    return tab.loadedAs === this.identity.who ? tab.loadedAs : 'either';
  }

  private newText(tab: Tab): Text {
    const text = textOf(this.texts.length + 1, tab.number, this.ownerIn(tab));
    this.texts.push(text);
    return text;
  }

  private async stop(tab: Tab): Promise<void> {
    await tab.front();
    const content = await tab.pressOnCard('Stop');
    const text = this.texts.find((each) => each.content === content);
    if (text) text.stopped = true;
  }

  /** A tab is left: what it had not kept may be lost with it. */
  private async depart(tab: Tab, how: () => Promise<void>): Promise<void> {
    await this.part(tab);
    await tab.front();
    await this.load(tab, how);
  }

  private async close(tab: Tab): Promise<void> {
    await this.part(tab);
    this.tabs.splice(this.tabs.indexOf(tab), 1);
    this.closed.push(tab);
    await within(10_000, tab.page.close(), 'a tab closes').catch(() => undefined);
  }

  private async part(tab: Tab): Promise<void> {
    const look = tab.loaded ? await tab.look() : undefined;
    const recently = this.desk.troubled;
    const { writing } = tab;
    if (writing && (recently || writing.stage === 'pressed' || Date.now() - writing.at < SAVED_MS)) {
      writing.excused = true;
    }
    tab.writing = undefined;
    if (!recently) return;
    // The page says that it keeps nothing, or what it kept was cleared and may not be there again.
    for (const text of this.texts) text.excused ||= look?.forgetful || this.cleared.has(text);
  }

  private async open(): Promise<void> {
    const tab = await Tab.open(this.context, ++this.opened, this.network.url, this.setting);
    this.tabs.push(tab);
    await this.load(tab, () => tab.goto('/feed'));
  }

  private async load(tab: Tab, how: () => Promise<void>): Promise<void> {
    await how();
    tab.loadedAs = this.known?.who ?? 'A';
    if (!tab.loaded) return;
    const { text, saving } = await tab.ready();
    // A draft comes back with the page, and is a draft where its press was not decided before the page was left.
    const draft = this.texts.find((each) => each.stage !== 'taken' && each.content === text.trim());
    if (draft && !saving) draft.stage = 'written';
    tab.writing = draft;
  }

  private async online(): Promise<void> {
    this.network.online();
    for (const tab of this.tabs) if (tab.loaded) await tab.wake();
  }

  private async revive(): Promise<void> {
    if (this.dead) await this.server.start();
    this.dead = false;
  }

  private async clear(how: 'delete' | 'empty'): Promise<void> {
    // What no open tab knows is gone with the storage.
    for (const text of this.texts) {
      this.cleared.add(text);
      if (!this.tabs.some((tab) => tab.loaded)) text.excused = true;
    }
    await this.desk.clear(how);
  }
}
