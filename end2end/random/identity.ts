import type { BrowserContext } from 'puppeteer-core';

export type Who = 'A' | 'B';

/** Whose browser it is: the cookie is the visitor's own, or that of somebody else on the same computer. */
export class Identity {
  who: Who = 'A';

  private constructor(
    private readonly context: BrowserContext,
    private readonly cookie: string,
    private readonly tokens: Record<Who, string>,
  ) {}

  /** Finds the cookie that the server has set, by its value, and makes a second identity. */
  static async meet(context: BrowserContext, server: string): Promise<Identity> {
    const cookie = (await context.cookies()).find(({ value }) => /^[0-9a-f-]{36}\.[0-9a-f]{64}$/.test(value));
    if (!cookie) throw new Error('the server has set no cookie that names the visitor');
    const answer = await fetch(`${server}/api/session`, { method: 'POST' });
    const { token } = (await answer.json()) as { token: string };
    return new Identity(context, cookie.name, { A: cookie.value, B: token });
  }

  token(who: Who): string {
    return this.tokens[who];
  }

  user(who: Who): string {
    return this.tokens[who].split('.')[0]!;
  }

  /** Somebody signs in as another; no page is told. */
  async become(who: Who): Promise<void> {
    if (who === this.who) return;
    this.who = who;
    await this.context.setCookie({
      ...{ name: this.cookie, value: this.tokens[who], domain: '127.0.0.1', path: '/' },
      ...{ httpOnly: true, sameSite: 'Lax' as const, expires: Math.ceil(Date.now() / 1_000) + 86_400 },
    });
  }
}
