import { type IncomingMessage, type ServerResponse, createServer, request as ask } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Fault } from './story';

const LATE_MS = 400;
const SLOW_MS = 1_200;
const PAGE_OF_SOMEBODY_ELSE = '<!doctype html><title>Please wait</title><h1>The site is being updated</h1>';

/** A request that wrote, as it reached the network: `PUT 0197… attempt 2: reply-lost`. */
export type Write = string;

/** What lies between the browser and the server: an HTTP proxy that breaks what it is told to break. */
export class Network {
  readonly writes: Write[] = [];
  /** Ids of posts for which an answer of success left the server. */
  readonly answered = new Set<string>();
  /** When requests arrived, but those for the parts of a page. */
  readonly arrivals: number[] = [];
  private readonly sockets = new Set<Socket>();
  private readonly pending: Fault[] = [];
  private away = false;
  private withheld: RegExp | undefined;
  private held: RegExp | undefined;
  private readonly proxy = createServer((request, response) => this.serve(request, response));

  private constructor(private readonly upstream: () => string) {}

  static async before(upstream: () => string): Promise<Network> {
    const network = new Network(upstream);
    const { proxy } = network;
    proxy.keepAliveTimeout = 60_000;
    proxy.on('connection', (socket) => {
      if (network.away) return socket.destroy();
      network.sockets.add(socket);
      socket.on('close', () => network.sockets.delete(socket));
    });
    await new Promise<void>((listening) => proxy.listen(0, '127.0.0.1', listening));
    return network;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.proxy.address() as AddressInfo).port}`;
  }

  /** The next writes meet this, after those that were armed before. */
  arm(fault: Fault, times: number): void {
    this.pending.push(...Array<Fault>(times).fill(fault));
  }

  /** Requests for such paths never arrive. */
  withhold(paths: RegExp): void {
    this.withheld = paths;
  }

  /** Requests for such paths arrive, and are not answered. */
  hold(paths: RegExp): void {
    this.held = paths;
  }

  offline(): void {
    this.away = true;
    this.cutAll();
  }

  online(): void {
    this.away = false;
  }

  heal(): void {
    this.online();
    this.pending.length = 0;
  }

  async close(): Promise<void> {
    this.away = true;
    this.cutAll();
    await new Promise((closed) => this.proxy.close(closed));
  }

  private cutAll(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  private serve(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url ?? '/';
    if (this.withheld?.test(path)) return void response.destroy();
    if (this.held?.test(path)) return;
    if (!/^\/pkg\//.test(path)) this.arrivals.push(Date.now());
    const [, id] = /^\/api\/posts\/([0-9a-f-]{36})$/.exec(path) ?? [];
    const writes = id !== undefined && request.method !== 'GET';
    const fault = writes ? this.pending.shift() : undefined;
    if (writes) {
      const attempt = request.headers['attempt'] ?? '?';
      this.writes.push(`${request.method} ${id} attempt ${attempt}: ${fault ?? 'well'}`);
    }
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => this.carry(request, response, Buffer.concat(chunks), fault, id));
    request.on('error', () => response.destroy());
  }

  private carry(request: IncomingMessage, response: ServerResponse, body: Buffer, fault?: Fault, id?: string): void {
    const status = fault && /^foreign-(\d+)$/.exec(fault)?.[1];
    if (status) {
      response.writeHead(Number(status), { 'content-type': 'text/html' }).end(PAGE_OF_SOMEBODY_ELSE);
      return;
    }
    if (fault === 'refused' || fault === 'late') response.destroy();
    if (fault === 'refused') return;
    const wait = fault === 'late' ? LATE_MS : fault === 'slow' ? SLOW_MS : 0;
    setTimeout(() => this.forward(request, response, body, fault, id), wait);
  }

  private forward(request: IncomingMessage, response: ServerResponse, body: Buffer, fault?: Fault, id?: string): void {
    const asked = fault === 'rolled-back' || fault === 'commit-ack-lost' ? ['fault', fault] : [];
    const { hostname, port } = new URL(this.upstream());
    const headers = [...withoutConnection(request.rawHeaders), ...asked];
    const sent = ask({ hostname, port, path: request.url, method: request.method, headers, agent: false });
    sent.on('error', () => response.destroy());
    sent.on('response', (answer) => {
      const success = answer.statusCode === 200 || answer.statusCode === 201;
      if (id && request.method === 'PUT' && success) this.answered.add(id);
      answer.on('error', () => response.destroy());
      if (fault === 'reply-lost') {
        answer.resume().on('end', () => response.destroy());
        return;
      }
      if (response.destroyed) {
        answer.resume();
        return;
      }
      response.writeHead(answer.statusCode ?? 502, withoutConnection(answer.rawHeaders));
      if (fault === 'cut') {
        answer.once('data', (chunk: Buffer) => {
          response.write(chunk.subarray(0, chunk.length / 2), () => response.destroy());
        });
        return;
      }
      response.flushHeaders();
      answer.pipe(response);
      // Whoever hangs up on a stream ends it; a write goes on.
      response.on('close', () => answer.destroy());
    });
    sent.end(body);
  }
}

/** Raw headers without those that speak of one connection only. */
function withoutConnection(raw: string[]): string[] {
  const names = ['connection', 'keep-alive', 'transfer-encoding'];
  return raw.filter((_, index) => !names.includes(raw[index - (index % 2)]!.toLowerCase()));
}
