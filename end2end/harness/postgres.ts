import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import type { Copies, Database, Row } from './database';

/** A database of its own in the cluster that TEST_POSTGRES_URL names. */
export class Postgres implements Database {
  private constructor(
    readonly url: string,
    readonly folder: string,
    private readonly name: string,
    private readonly client: pg.Client,
  ) {}

  static async create(): Promise<Postgres> {
    const name = `e2e_${randomBytes(8).toString('hex')}`;
    await administer(`create database ${name}`);
    const url = new URL(cluster());
    url.pathname = `/${name}`;
    const client = new pg.Client({ connectionString: url.href });
    await client.connect();
    return new Postgres(url.href, await mkdtemp(join(tmpdir(), 'postonce-e2e-')), name, client);
  }

  async rows(): Promise<Row[]> {
    const { rows } = await this.client.query<Row>(
      'select id, user_id, room, content, deleted_at is not null as deleted from posts order by sequence',
    );
    return rows;
  }

  async copies(run: string): Promise<Copies> {
    const { rows } = await this.client.query(
      `select 'naive' as lane, count(*)::int as rows from naive_posts where run = $1
       union all select lane, count(*)::int from museum_posts where run = $1 group by lane
       union all select 'posts', count(*)::int from posts where room = $2 and deleted_at is null`,
      [run, run.replaceAll('-', '')],
    );
    return Object.fromEntries(rows.map(({ lane, rows }) => [lane, rows]));
  }

  async lose(): Promise<void> {
    await this.client.query('drop schema public cascade');
    await this.client.query('create schema public');
    const files = (await readdir(this.folder)).filter((name) => name.startsWith('log.db'));
    for (const name of files) await rm(join(this.folder, name));
  }

  async remove(): Promise<void> {
    await this.client.end();
    await administer(`drop database ${this.name} with (force)`);
    await rm(this.folder, { recursive: true, force: true });
  }
}

function cluster(): string {
  const url = process.env.TEST_POSTGRES_URL;
  if (!url) throw new Error('TEST_POSTGRES_URL is not set');
  return url;
}

async function administer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: cluster() });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
