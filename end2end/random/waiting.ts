/** Something did not happen in time. */
export class TooLate extends Error {}

export async function within<T>(ms: number, promise: Promise<T>, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new TooLate(`not within ${ms} ms: ${what}`)), ms);
  });
  try {
    return await Promise.race([promise, limit]);
  } finally {
    clearTimeout(timer);
    // What comes too late is nobody's.
    promise.catch(() => undefined);
  }
}

export const pause = (ms: number) => new Promise<void>((over) => setTimeout(over, ms));

/** Asks until there is something. A page that is just being left gives no answer, and is asked again. */
export async function until<T>(ms: number, what: string, ask: () => Promise<T | undefined>): Promise<T> {
  const end = Date.now() + ms;
  for (;;) {
    try {
      const found = await ask();
      if (found !== undefined) return found;
    } catch (error) {
      if (error instanceof TooLate || Date.now() >= end) throw error;
    }
    if (Date.now() >= end) throw new TooLate(`not within ${ms} ms: ${what}`);
    await pause(40);
  }
}
