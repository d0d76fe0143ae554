import type { Story } from './story';

/** Leaves out what a failing story does not need, as long as there is time. `fails` tells the story it is given. */
export async function shrink(story: Story, fails: (story: Story) => Promise<boolean>, limitMs: number): Promise<Story> {
  const end = Date.now() + limitMs;
  let shortest = story;
  const attempt = async (shorter: Story) => {
    if (Date.now() > end || !(await fails(shorter))) return false;
    shortest = shorter;
    return true;
  };
  if (story.locks !== 'present') await attempt({ ...shortest, locks: 'present' });
  if (!story.channel) await attempt({ ...shortest, channel: true });
  for (let size = Math.ceil(story.steps.length / 2); size >= 1; size = size > 1 ? Math.ceil(size / 2) : 0) {
    // From the end: what comes last depends on what comes first.
    for (let from = shortest.steps.length - size; from > -size; from -= size) {
      const start = Math.max(0, from);
      const steps = shortest.steps.filter((_, index) => index < start || index >= from + size);
      if (steps.length > 0 && steps.length < shortest.steps.length) await attempt({ ...shortest, steps });
    }
  }
  return shortest;
}
