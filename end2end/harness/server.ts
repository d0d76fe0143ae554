import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Database } from './database';

const binary = resolve(process.env.POSTONCE_BINARY ?? join(import.meta.dirname, '../../target/ci/postonce'));
const site = join(dirname(binary), '../site');
const START_LIMIT_MS = 20_000;

/** The real server as a child process, on a port and a database of its own. */
export class Server {
  /** Everything it wrote to standard error, over all its lives. */
  log = '';
  private process: ChildProcess | undefined;
  private port = 0;
  private readonly key = randomBytes(32).toString('hex');

  private constructor(private readonly database: Database) {}

  static async start(database: Database): Promise<Server> {
    const server = new Server(database);
    await server.start();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts it, after a death on the port that browsers know already. */
  async start(): Promise<void> {
    const child = spawn(
      binary,
      [
        ...['--addr', `127.0.0.1:${this.port}`],
        ...['--database-url', this.database.url],
        ...['--session-key', this.key],
        ...['--site-root', site],
        ...['--faults', 'on'],
      ],
      {
        cwd: this.database.folder,
        env: { ...process.env, LOG_URL: `sqlite://${this.database.folder}/log.db` },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    this.process = child;
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.log += text));
    this.port = await this.listening(child);
  }

  /** SIGKILL: no goodbye, no flush. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  async restart(): Promise<void> {
    await this.kill();
    await this.start();
  }

  /** SIGTERM; returns the exit code, which is null where a signal ended it. */
  async stop(): Promise<number | null> {
    return this.end('SIGTERM');
  }

  private async end(signal: NodeJS.Signals): Promise<number | null> {
    const child = this.process;
    this.process = undefined;
    if (!child) return 0;
    if (child.exitCode === null && child.signalCode === null) {
      const exit = once(child, 'exit');
      child.kill(signal);
      await exit;
    }
    return child.exitCode;
  }

  private listening(child: ChildProcess): Promise<number> {
    return new Promise((resolve, reject) => {
      const fail = (why: string) => {
        clearTimeout(limit);
        reject(new Error(`${binary} ${why}\n${this.log}`));
      };
      const limit = setTimeout(() => fail(`was not listening within ${START_LIMIT_MS} ms`), START_LIMIT_MS);
      child.once('error', (error) => fail(`did not start: ${error.message}`));
      child.once('exit', (code, signal) => fail(`ended at once (${code ?? signal})`));
      createInterface({ input: child.stdout! }).on('line', (line) => {
        const port = /^listening on http:\/\/.*:(\d+)$/.exec(line)?.[1];
        if (!port) return;
        clearTimeout(limit);
        resolve(Number(port));
      });
    });
  }
}
