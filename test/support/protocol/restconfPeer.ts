import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import { text } from 'node:stream/consumers';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import type { JsonObject } from '#dots/model/json';
import { openLab, type Lab } from '#dots/transport/certificates/lab';
import { temporaryFolder } from './scene';

/** A request as the peer received it. */
export interface Asked {
  method: string;
  path: string;
  ifMatch: string | undefined;
  body: JsonObject | undefined;
}

/** What a peer is like. */
export interface PeerOptions {
  /** The body of host-meta, by the peer's own address; 404 without it. */
  hostMeta?: (server: string) => string;
  /** Where the data resource is. */
  root?: string;
  /** Whether it has PATCH. */
  patch?: boolean;
  /** Whether answers have entity tags, and If-Match is compared: of each resource, or one of the whole datastore. */
  tags?: 'entry' | 'datastore';
  /** What every answer has as its entity tag, instead. */
  tag?: string;
  /** The body of each answer to GET, instead. */
  body?: string;
  /** Called after each GET, with the entries: another client may change them. */
  afterGet?: (entries: Map<string, JsonObject>, asked: Asked) => void;
}

/** A small RESTCONF server for the ACLs of one client, with what RFC 8040 has and the embedded server does not. */
export interface Peer {
  server: string;
  lab: Lab;
  asked: Asked[];
  entries: Map<string, JsonObject>;
}

const member = 'ietf-dots-data-channel:acls';

/** Starts a peer that ends with the test. */
export async function restconfPeer(t: TestContext, options: PeerOptions = {}): Promise<Peer> {
  const lab = await openLab(await temporaryFolder(t));
  const peer: Peer = { server: '', lab, asked: [], entries: new Map() };
  const resource = new AclResource(peer, options);
  const listener = createServer({ ...lab.server }, (request, response) => {
    void readAsked(request).then((asked) => {
      const { status, body = '', etag } = resource.answer(asked);
      response.writeHead(status, etag === undefined ? {} : { etag }).end(body);
    });
  });
  await new Promise<void>((resolve) => {
    listener.listen(0, '127.0.0.1', resolve);
  });
  t.after(() => {
    listener.close();
    listener.closeAllConnections();
  });
  peer.server = `https://127.0.0.1:${(listener.address() as AddressInfo).port}`;
  return peer;
}

async function readAsked(request: IncomingMessage): Promise<Asked> {
  const body = await text(request);
  return {
    method: request.method ?? '',
    path: request.url ?? '',
    ifMatch: request.headers['if-match'],
    body: body === '' ? undefined : (JSON.parse(body) as JsonObject),
  };
}

interface Reply {
  status: number;
  body?: string;
  etag?: string;
}

class AclResource {
  private version = 0;
  private readonly versions = new Map<string, number>();

  constructor(
    private readonly peer: Peer,
    private readonly options: PeerOptions,
  ) {}

  answer(asked: Asked): Reply {
    const { hostMeta, root = '/restconf', patch = false, body } = this.options;
    if (asked.path === '/.well-known/host-meta')
      return hostMeta === undefined ? { status: 404 } : { status: 200, body: hostMeta(this.peer.server) };
    this.peer.asked.push(asked);
    if (!asked.path.startsWith(`${root}/data/ietf-dots-data-channel:dots-data/`)) return { status: 404 };
    if (asked.method === 'PATCH' && !patch) return { status: 405 };
    const name = /\/acl=([^?]*)/.exec(asked.path)?.[1];
    if (asked.method === 'GET') return body === undefined ? this.read(name, asked) : { status: 200, body };
    const tag = this.tag(name);
    if (asked.ifMatch !== undefined && asked.ifMatch !== tag) return { status: 412 };
    return this.change(asked, name);
  }

  private read(name: string | undefined, asked: Asked): Reply {
    const { entries } = this.peer;
    const found = [...entries.values()].filter((entry) => name === undefined || entry.name === name);
    const etag = this.tag(name);
    const reply =
      name !== undefined && found.length === 0
        ? { status: 404 }
        : { status: 200, body: JSON.stringify({ [member]: { acl: found } }), ...(etag !== undefined && { etag }) };
    this.options.afterGet?.(entries, asked);
    return reply;
  }

  private change({ method, body }: Asked, name: string | undefined): Reply {
    const { entries } = this.peer;
    const given = ((body?.[member] as JsonObject | undefined)?.acl ?? []) as JsonObject[];
    if (method === 'POST' && given.some((entry) => entries.has(String(entry.name)))) return { status: 409 };
    if (method === 'DELETE') entries.delete(String(name));
    for (const entry of given) {
      const old = method === 'PATCH' ? entries.get(String(entry.name)) : undefined;
      entries.set(String(entry.name), { ...old, ...entry });
      this.versions.set(String(entry.name), (this.version += 1));
    }
    return { status: method === 'POST' ? 201 : 204 };
  }

  private tag(name: string | undefined): string | undefined {
    const { tags, tag } = this.options;
    if (tags === undefined) return tag;
    return tags === 'entry' && name !== undefined ? `"${name}-${this.versions.get(name) ?? 0}"` : `"v${this.version}"`;
  }
}
