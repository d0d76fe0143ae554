import { type IncomingMessage, type Server as HttpServer, type ServerResponse, createServer, request } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { Server } from './server';

/** A write as it came in on the server's side of the network. */
export interface Hit {
  /** Monotonic milliseconds. */
  at: number;
  id: string;
  attempt: number;
}

/** What becomes of the reply to a write, as bytes on a real connection. */
export interface Cut {
  /** How much of the body is sent before the connection is cut, from 0 to 1. */
  share: number;
  /** The pause before each byte of the body. */
  everyMs?: number;
}

/** A reverse proxy before the server: it counts what really arrives, and answers 502 while nobody is behind it. */
export class Gateway {
  /** Every write that arrived, be it answered or not. */
  readonly hits: Hit[] = [];
  /** The most writes that were here at the same time. */
  most = 0;
  /** Which replies are cut; the others pass. */
  cut: (hit: Hit) => Cut | undefined = () => undefined;

  private inside = 0;
  private readonly sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly http: HttpServer,
  ) {}

  static async start(server: Server): Promise<Gateway> {
    const http = createServer();
    const gateway = new Gateway(server, http);
    http.on('request', (inbound, reply) => void gateway.pass(inbound, reply));
    http.on('connection', (socket) => {
      gateway.sockets.add(socket);
      socket.on('close', () => gateway.sockets.delete(socket));
      // A browser that goes away in the middle is no event here.
      socket.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
    return gateway;
  }

  get port(): number {
    return (this.http.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async stop(): Promise<void> {
    const closed = new Promise((resolve) => this.http.close(resolve));
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }

  private async pass(inbound: IncomingMessage, reply: ServerResponse): Promise<void> {
    const [, id] = /^\/api\/posts\/([^/?]+)$/.exec(inbound.url ?? '') ?? [];
    const hit =
      id && inbound.method === 'PUT'
        ? { at: performance.now(), id, attempt: Number(inbound.headers['attempt'] ?? 1) }
        : undefined;
    if (hit) {
      this.hits.push(hit);
      this.most = Math.max(this.most, ++this.inside);
      reply.on('close', () => this.inside--);
    }
    const outbound = request(`${this.server.url}${inbound.url}`, { method: inbound.method, agent: false });
    for (let at = 0; at < inbound.rawHeaders.length; at += 2) {
      outbound.setHeader(inbound.rawHeaders[at]!, inbound.rawHeaders[at + 1]!);
    }
    outbound.on('response', (answer) => {
      const cut = hit && this.cut(hit);
      reply.writeHead(answer.statusCode!, answer.rawHeaders);
      answer.on('error', () => reply.destroy());
      if (cut) void this.cutShort(answer, reply, cut).catch(() => reply.destroy());
      else answer.pipe(reply);
    });
    outbound.on('error', () => {
      if (reply.headersSent) return reply.destroy();
      reply.writeHead(502, { 'content-type': 'text/html' }).end('<h1>502 Bad Gateway</h1>');
    });
    reply.on('close', () => outbound.destroy());
    inbound.pipe(outbound);
  }

  private async cutShort(answer: IncomingMessage, reply: ServerResponse, { share, everyMs }: Cut): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of answer) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const part = body.subarray(0, Math.floor(body.length * share));
    if (everyMs === undefined) {
      reply.write(part);
    } else {
      for (let at = 0; at < part.length && !reply.destroyed; at++) {
        await wait(everyMs);
        reply.write(part.subarray(at, at + 1));
      }
    }
    // What was written goes out before the connection is ended without the rest.
    reply.socket?.end();
  }
}
