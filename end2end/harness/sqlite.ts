import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Copies, Database, Row } from './database';

const run = promisify(execFile);
const reader = join(import.meta.dirname, 'sqlite.py');

/** A SQLite file in a temporary folder. */
export class Sqlite implements Database {
  private constructor(readonly folder: string) {}

  static async create(): Promise<Sqlite> {
    return new Sqlite(await mkdtemp(join(tmpdir(), 'postonce-e2e-')));
  }

  get url(): string {
    return `sqlite://${this.file}`;
  }

  async rows(): Promise<Row[]> {
    return this.read('posts');
  }

  async copies(run: string): Promise<Copies> {
    return this.read('copies', run);
  }

  private async read(...what: string[]) {
    const { stdout } = await run('python3', [reader, this.file, ...what], { maxBuffer: 64 * 1024 * 1024 });
    return JSON.parse(stdout);
  }

  async lose(): Promise<void> {
    const files = (await readdir(this.folder)).filter((name) => /^(postonce|log)\.db/.test(name));
    for (const name of files) await rm(join(this.folder, name));
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  private get file(): string {
    return join(this.folder, 'postonce.db');
  }
}
