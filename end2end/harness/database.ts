import { Postgres } from './postgres';
import { Sqlite } from './sqlite';

export type DatabaseKind = 'sqlite' | 'postgres';

/** A row of `posts`. A tombstone has no content. */
export interface Row {
  id: string;
  user_id: string;
  room: string | null;
  content: string | null;
  deleted: boolean;
}

/** How many rows each lane of an experiment has stored; `posts` is the run's own room of the feed. */
export type Copies = Partial<Record<string, number>>;

/** The database of one test, read directly and never through the server. */
export interface Database {
  /** What the server is started with. */
  readonly url: string;
  /** A temporary folder, which is also where the server runs. */
  readonly folder: string;
  /** All posts and tombstones in the order of the feed, oldest first; none before the server has migrated. */
  rows(): Promise<Row[]>;
  /** What the database holds of one experiment. */
  copies(run: string): Promise<Copies>;
  /** Loses everything, the log included, as a restored disk would; asked while no server runs. */
  lose(): Promise<void>;
  /** Removes what was made for the test. */
  remove(): Promise<void>;
}

export async function createDatabase(kind: DatabaseKind): Promise<Database> {
  return kind === 'sqlite' ? Sqlite.create() : Postgres.create();
}
