/** What the network does to the next writes; the first five are the proxy's, `foreign-…` is an answer by something in between. */
export const FAULTS = [
  ...(['refused', 'reply-lost', 'cut', 'late', 'slow'] as const),
  ...(['foreign-200', 'foreign-403', 'foreign-404', 'foreign-502', 'foreign-521'] as const),
  ...(['rolled-back', 'commit-ack-lost'] as const),
];
export type Fault = (typeof FAULTS)[number];

/** How a browser comes without locks. */
export const LOCKS = ['undefined', 'rejects', 'null', 'never'] as const;
export type Locks = 'present' | (typeof LOCKS)[number];

/** One thing that somebody or something does. `tab` counts the open tabs, and starts again where there are fewer. */
export type Step =
  | { do: 'write' | 'press'; tab: number }
  | { do: 'post'; tab: number; how: 'click' | 'double' | 'keys' }
  | { do: 'stop' | 'try' | 'reload' | 'close' | 'away'; tab: number }
  | { do: 'open' | 'offline' | 'online' | 'kill' | 'start' }
  | { do: 'fault'; kind: Fault; times: number }
  | { do: 'stall'; ms: number }
  | { do: 'clear'; how: 'delete' | 'empty' }
  | { do: 'clock'; days: number }
  | { do: 'identity'; who: 'A' | 'B' }
  | { do: 'wait'; ms: number };

export interface Story {
  locks: Locks;
  channel: boolean;
  steps: Step[];
}

/** A number in 0 … 1 for each call; the same seed gives the same ones (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The story of a seed. It is a function of the seed alone. */
export function storyOf(seed: number): Story {
  const random = randomOf(Math.imul(seed + 1, 0x9e3779b1));
  random();
  const below = (limit: number) => Math.floor(random() * limit);
  const one = <T>(of: readonly T[]): T => of[below(of.length)]!;
  const tab = () => below(3);

  const post = (): Step => ({ do: 'post', tab: tab(), how: one(['click', 'click', 'double', 'keys'] as const) });
  // Likelier kinds stand more often.
  const kinds: (() => Step)[] = [
    ...[post, post, post, post, post, post],
    () => ({ do: 'write', tab: tab() }),
    ...Array<() => Step>(2).fill(() => ({ do: 'press', tab: tab() })),
    () => ({ do: 'stop', tab: tab() }),
    () => ({ do: 'try', tab: tab() }),
    ...Array<() => Step>(2).fill(() => ({ do: 'reload', tab: tab() })),
    () => ({ do: 'close', tab: tab() }),
    () => ({ do: 'away', tab: tab() }),
    ...Array<() => Step>(2).fill(() => ({ do: 'open' })),
    ...Array<() => Step>(4).fill(() => ({ do: 'fault', kind: one(FAULTS), times: 1 + below(3) })),
    () => ({ do: one(['offline', 'online'] as const) }),
    () => ({ do: one(['kill', 'start'] as const) }),
    ...Array<() => Step>(2).fill(() => ({ do: 'stall', ms: 500 + 250 * below(12) })),
    () => ({ do: 'clear', how: one(['delete', 'empty'] as const) }),
    () => ({ do: 'clock', days: one([-366, -1, 1, 366]) }),
    () => ({ do: 'identity', who: one(['A', 'B'] as const) }),
    ...Array<() => Step>(2).fill(() => ({ do: 'wait', ms: 100 * (1 + below(8)) })),
  ];
  const steps = Array.from({ length: 5 + below(8) }, () => one(kinds)());
  if (!steps.some((step) => step.do === 'post')) steps.splice(below(steps.length), 0, post());
  return {
    locks: random() < 0.12 ? one(LOCKS) : 'present',
    channel: random() >= 0.1,
    steps,
  };
}

/** A story in one line, for people. */
export function told({ locks, channel, steps }: Story): string {
  const without = [locks !== 'present' && `locks ${locks}`, !channel && 'no channel'].filter(Boolean);
  const lines = steps.map(({ do: what, ...how }) => [what, ...Object.values(how)].join(' '));
  return [...without.map((what) => `[${what}]`), ...lines].join(' · ');
}
