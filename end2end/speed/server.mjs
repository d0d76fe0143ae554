import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';

/** The release's server with its site, on a free port and a database that is gone afterwards. */
export async function withServer(measure) {
  const binary = resolve(process.env.POSTONCE_BINARY ?? join(import.meta.dirname, '../../target/release/postonce'));
  const folder = await mkdtemp(join(tmpdir(), 'postonce-speed-'));
  const server = spawn(
    binary,
    [
      ...['--addr', '127.0.0.1:0'],
      ...['--database-url', `sqlite://${folder}/postonce.db`],
      ...['--session-key', randomBytes(32).toString('hex')],
      ...['--site-root', process.env.POSTONCE_SITE ?? join(dirname(binary), '../site')],
      ...['--faults', 'on'],
    ],
    { cwd: folder, env: { ...process.env, LOG_URL: `sqlite://${folder}/log.db` }, stdio: ['ignore', 'pipe', 'inherit'] },
  );
  try {
    return await measure(await address(server, binary));
  } finally {
    if (server.exitCode === null && server.signalCode === null) {
      const exit = once(server, 'exit');
      server.kill('SIGTERM');
      await exit;
    }
    await rm(folder, { recursive: true, force: true });
  }
}

/** What it prints once it listens. */
function address(server, binary) {
  return new Promise((found, fail) => {
    server.once('error', (error) => fail(new Error(`${binary} did not start: ${error.message}`)));
    server.once('exit', (code, signal) => fail(new Error(`${binary} ended at once (${code ?? signal})`)));
    createInterface({ input: server.stdout }).on('line', (line) => {
      const url = /^listening on (http:\S+)$/.exec(line)?.[1];
      if (url) found(url);
    });
  });
}
