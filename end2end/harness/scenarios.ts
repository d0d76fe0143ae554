import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** A scenario file: the same one drives a share link and the browser tests. */
export interface Scenario {
  name: string;
  query: string;
  /** The lines that every run gives, by lane; a lane that a browser or a race decides has none. */
  golden: Record<string, string[]>;
}

const folder = join(import.meta.dirname, '../../app/protocol/scenarios');

export const scenarios: Scenario[] = readdirSync(folder)
  .sort()
  .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')));

/** The lanes of a scenario and how many rows it promises of each; `2+` is at least two. */
export function promised({ query }: Scenario): [lane: string, rows: string][] {
  const parts = (new URLSearchParams(query).get('expect') ?? '').split(',').filter(Boolean);
  return parts.map((part) => part.split(':') as [string, string]);
}
