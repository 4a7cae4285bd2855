import type { IncomingHttpHeaders } from 'node:http';
import type { JsonObject } from '#dots/model/json';
import { nextTurn } from '#dots/runtime/nextTurn';
import { fail, RestconfError } from './failure';
import { baseOf, parseBody } from './bodyCheck';
import { queryOf, type Query } from './query';
import { missingNode } from './datastore';
import { type DataResources, type Requester, type Success } from './dataResources';
import type { Segment } from './nodePath';
import { outcomeOf, versionHeaders, type Preconditions, type Version } from './preconditions';
import {
  nodePathOf,
  root,
  targetOf,
  type DataTarget,
  type EntryTarget,
  type InnerTarget,
  type ListTarget,
  type Target,
} from './resourcePath';

/** A request of any transport. */
export interface DataRequest {
  method: string;
  /** As in the request line, percent-encoded. */
  path: string;
  query: URLSearchParams;
  requester: Requester;
  conditions: Preconditions;
  /** The body of a POST, a PUT or a PATCH. */
  body(): Promise<string>;
}

/** The answer to a request. */
export interface DataResponse {
  status: number;
  body?: JsonObject | string;
  headers: Record<string, string>;
}

export const yangData = 'application/yang-data+json';
/** RFC 8040 section 3.3.3. */
const yangLibraryVersion = '2019-01-04';
const hostMeta = `<?xml version="1.0" encoding="UTF-8"?>\n<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">\n  <Link rel="restconf" href="${root}"/>\n</XRD>\n`;

/** What a handler answers. */
interface Outcome extends Omit<Success, 'status'> {
  status: 200 | 304 | Success['status'];
  body?: JsonObject;
  version?: Version | undefined;
}

type Handler = () => Promise<Outcome> | Outcome;
type Methods = Partial<Record<'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', Handler>>;

/** Answers requests with the resources they name; changes run through `exclusive`. */
export class DataRouter {
  constructor(
    private readonly resources: DataResources,
    private readonly exclusive: <T>(decide: () => T) => Promise<T>,
  ) {}

  /** Throws a RestconfError for a request that is refused. */
  async answer(request: DataRequest): Promise<DataResponse> {
    const target = targetOf(request.path);
    if (target.kind === 'host-meta') return metadata(request.method);
    const query = queryOf(request.query, request.method, target);
    const methods = new RequestMethods({ resources: this.resources, exclusive: this.exclusive, request, query });
    return respond(request.method, methods.of(target));
  }
}

interface RequestContext {
  resources: DataResources;
  exclusive: <T>(decide: () => T) => Promise<T>;
  request: DataRequest;
  query: Query;
}

/** The methods of each resource, for one request. */
class RequestMethods {
  private readonly requester: Requester;
  private readonly query: Query;
  private readonly resources: DataResources;

  constructor(private readonly context: RequestContext) {
    ({ resources: this.resources, query: this.query } = context);
    this.requester = context.request.requester;
  }

  of(target: Exclude<Target, { kind: 'host-meta' }>): Methods {
    switch (target.kind) {
      case 'root':
        return {
          GET: constant({
            'ietf-restconf:restconf': { data: {}, operations: {}, 'yang-library-version': yangLibraryVersion },
          }),
        };
      case 'library':
        return { GET: constant({ 'ietf-restconf:yang-library-version': yangLibraryVersion }) };
      case 'operations':
        return { GET: constant({ 'ietf-restconf:operations': {} }) };
      default:
        return { GET: () => this.read(), ...this.changes(target) };
    }
  }

  private changes(target: DataTarget): Methods {
    const { resources, requester } = this;
    switch (target.kind) {
      case 'data':
        return {};
      case 'dots-data':
        return { POST: this.registration(undefined, (body) => resources.register(body, requester)) };
      case 'client':
        return this.client(target.cuid);
      case 'list':
        return this.list(target);
      case 'entry':
        return this.entry(target);
      case 'inner':
        return this.inner(target);
      case 'node':
        return this.readOnly();
    }
  }

  private client(cuid: string): Methods {
    const { resources, requester, query } = this;
    return {
      POST: this.change(cuid, (body) => resources.addToClient(cuid, body, requester, query.placement)),
      PUT: this.registration(cuid, (body) => resources.replaceClient(cuid, body, requester)),
      PATCH: this.change(cuid, (body) => resources.patchClient(cuid, body, requester)),
      DELETE: this.remove(() => resources.deregister(cuid, requester)),
    };
  }

  private list(list: ListTarget): Methods {
    const { resources, requester, query } = this;
    return {
      POST: this.change(list.cuid, (body) => resources.addOne(list, body, requester, query.placement)),
      PUT: this.change(list.cuid, (body) => resources.replaceList(list, body, requester)),
      PATCH: this.change(list.cuid, (body) => resources.patchList(list, body, requester)),
      DELETE: this.remove(() => resources.removeList(list, requester)),
    };
  }

  private entry(entry: EntryTarget): Methods {
    const { resources, requester, query } = this;
    const methods: Methods = {
      PUT: this.change(entry.list.cuid, (body) => resources.replaceEntry(entry, body, requester, query.placement)),
      PATCH: this.change(entry.list.cuid, (body) => resources.patchEntry(entry, body, requester)),
      DELETE: this.remove(() => resources.remove(entry, requester)),
    };
    if (entry.list.container !== 'acls') return methods;
    const aces: ListTarget = { kind: 'list', cuid: entry.list.cuid, container: 'aces', acl: entry.name };
    return {
      ...methods,
      POST: this.change(aces.cuid, (body) => resources.add(aces, body, requester, query.placement)),
    };
  }

  private inner(target: InnerTarget): Methods {
    const { resources, requester } = this;
    const edit = (method: 'PUT' | 'PATCH'): Handler =>
      this.change(undefined, (body) => resources.editInner(target, { method, body }, requester));
    return {
      PUT: edit('PUT'),
      PATCH: edit('PATCH'),
      DELETE: this.remove(() => resources.editInner(target, { method: 'DELETE' }, requester)),
    };
  }

  /** Throws a RestconfError (404) for what does not exist, whatever the method. */
  private readOnly(): Methods {
    if (this.version() === undefined) throw missingNode(this.path);
    return {};
  }

  private get path(): Segment[] {
    return nodePathOf(this.context.request.path);
  }

  private version(path = this.path): Version | undefined {
    return this.resources.datastore.version(path, this.requester.client);
  }

  private read(): Outcome {
    const body = this.resources.datastore.read(this.path, this.requester.client, this.query);
    const version = this.version();
    const outcome = outcomeOf(this.context.request.conditions, version, true);
    if (outcome === 'failed') throw preconditionFailed(version);
    return outcome === 'not-modified' ? { status: 304, version } : { status: 200, body, version };
  }

  /**
   * Decides a change. The conditions are those of the state that the change is decided on: no other change comes in
   * between. They count for a change that succeeds without them (RFC 9110 section 13.2.1): where they fail, the
   * decision is taken back.
   */
  private async decide(work: () => Success): Promise<Outcome> {
    const { exclusive, request, resources } = this.context;
    const { version, ...done } = await exclusive(() => {
      const before = Object.keys(request.conditions).length > 0 ? this.version() : undefined;
      const success = work();
      if (outcomeOf(request.conditions, before, false) !== 'proceed') throw preconditionFailed(before);
      const path = success.location === undefined ? this.path : nodePathOf(success.location);
      return { ...success, version: resources.datastore.versionNow(path, this.requester.client) };
    });
    await nextTurn();
    return { ...done, version: version() };
  }

  /** Names are resolved before the work that others wait for. */
  private change(cuid: string | undefined, work: (body: JsonObject) => Success): Handler {
    return async () => {
      const body = await this.body(cuid);
      return this.decide(() => work(body));
    };
  }

  /** A change that registers a client. */
  private registration(cuid: string | undefined, work: (body: JsonObject) => Success): Handler {
    return async () => {
      const body = await this.body(cuid);
      return this.resources.claimed(body, this.requester, () => this.decide(() => work(body)));
    };
  }

  private async body(cuid: string | undefined): Promise<JsonObject> {
    const body = parseBody(await this.context.request.body());
    await this.resources.refuseOutside(body, this.requester, baseOf(body, cuid));
    await this.resources.prepare(body);
    return body;
  }

  private remove(work: () => Success): Handler {
    return () => this.decide(work);
  }
}

const constant =
  (body: JsonObject): Handler =>
  () => ({ status: 200, body });

/**
 * OPTIONS and HEAD follow from the methods of the resource. Throws a RestconfError (405) for one it does not support.
 */
async function respond(method: string, methods: Methods): Promise<DataResponse> {
  const allowed = ['OPTIONS', ...(methods.GET === undefined ? [] : ['HEAD']), ...Object.keys(methods)]
    .sort()
    .join(', ');
  const patches = methods.PATCH === undefined ? {} : { 'Accept-Patch': yangData };
  if (method === 'OPTIONS') return { status: 200, headers: { Allow: allowed, ...patches } };
  const name = method === 'HEAD' ? 'GET' : method;
  const handler = Object.hasOwn(methods, name) ? methods[name as keyof Methods] : undefined;
  if (handler === undefined) throw unsupported(`This resource does not support ${method.slice(0, 20)}.`, allowed);
  const { status, body, location, version } = await handler();
  return {
    status,
    ...(body === undefined ? {} : { body }),
    headers: { ...versionHeaders(version), ...(location !== undefined && { Location: location }) },
  };
}

/** RFC 8040 section 3.4.1; the client can compare with what there is. */
function preconditionFailed(version: Version | undefined): RestconfError {
  const message =
    version === undefined
      ? 'A condition of the request is not met: the resource does not exist.'
      : `A condition of the request is not met: the resource is at ${version.tag}. Read it again, then repeat the change.`;
  return new RestconfError(412, [{ tag: 'operation-failed', message }], versionHeaders(version));
}

/** Where RESTCONF begins on this server: RFC 8040 section 3.1. */
function metadata(method: string): DataResponse {
  if (method !== 'GET' && method !== 'HEAD') throw unsupported('This resource is read-only.', 'GET, HEAD');
  return { status: 200, body: hostMeta, headers: { 'Content-Type': 'application/xrd+xml' } };
}

function unsupported(message: string, allowed: string): RestconfError {
  return new RestconfError(405, [{ tag: 'operation-not-supported', message }], { Allow: allowed });
}

/**
 * Refuses a body that is not RESTCONF's JSON or is compressed (415), and a request that does not accept that JSON
 * (406): RFC 8040 section 5.2, RFC 9110 sections 12.5.1 and 15.5.16.
 */
export function refuseOtherTypes(method: string, headers: IncomingHttpHeaders): void {
  const { accept, 'content-type': contentType, 'content-encoding': coding = 'identity' } = headers;
  const hasBody = ['POST', 'PUT', 'PATCH'].includes(method);
  if (hasBody && mediaRange(contentType ?? '').type !== yangData)
    throw unreadable(`The Content-Type of the body must be ${yangData}.`, { 'Accept-Patch': yangData });
  if (hasBody && coding.trim().toLowerCase() !== 'identity')
    throw unreadable('This server reads bodies without a Content-Encoding only.', { 'Accept-Encoding': 'identity' });
  if (!accepts(accept ?? '*/*')) throw fail(406, 'invalid-value', `The only Content-Type available is ${yangData}.`);
}

/** @param headers what the client can send: RFC 5789 section 2.2, RFC 9110 section 12.5.3 */
function unreadable(message: string, headers: Record<string, string>): RestconfError {
  return new RestconfError(415, [{ tag: 'invalid-value', message }], headers);
}

/** Ranges that contain the type, the most specific one first: that one decides. */
const acceptable = [yangData, 'application/*', '*/*'];

function accepts(accept: string): boolean {
  const ranges = accept.split(',').map(mediaRange);
  const range = acceptable.map((type) => ranges.find((one) => one.type === type)).find((one) => one !== undefined);
  return range !== undefined && range.quality > 0;
}

/** A media range and its quality, which is 1 unless it is named: RFC 9110 section 12.4.2. */
function mediaRange(text: string): { type: string; quality: number } {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
  return { type, quality: quality === undefined ? 1 : Number(quality) };
}
