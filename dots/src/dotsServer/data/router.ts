import type { IncomingHttpHeaders } from 'node:http';
import type { JsonObject } from '#dots/model/json';
import { fail, RestconfError } from './failure';
import { baseOf, parseBody } from './bodyCheck';
import { queryOf, type Query } from './query';
import { type DataResources, type Requester, type Success } from './dataResources';
import { root, targetOf, type EntryTarget, type ListTarget, type Target } from './resourcePath';

/** A request of any transport. */
export interface DataRequest {
  method: string;
  /** As in the request line, percent-encoded. */
  path: string;
  query: URLSearchParams;
  requester: Requester;
  /** The body of a POST or a PUT. */
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

type Handler = () => Promise<Success> | Success;
type Methods = Partial<Record<'GET' | 'POST' | 'PUT' | 'DELETE', Handler>>;

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
          GET: read({
            'ietf-restconf:restconf': { data: {}, operations: {}, 'yang-library-version': yangLibraryVersion },
          }),
        };
      case 'library':
        return { GET: read({ 'ietf-restconf:yang-library-version': yangLibraryVersion }) };
      case 'data':
        return { GET: () => ({ status: 200, body: this.datastore() }) };
      case 'dots-data':
        return this.tree();
      case 'capabilities':
        return { GET: () => ({ status: 200, body: this.resources.capabilities(this.query) }) };
      case 'client':
        return this.client(target.cuid);
      case 'list':
        return this.list(target);
      case 'entry':
        return this.entry(target);
    }
  }

  /** RFC 8040 section 3.3.1. */
  private datastore(): JsonObject {
    const { depth } = this.query;
    const inside = depth === 1 ? {} : this.resources.tree(this.requester, { ...this.query, depth: depth - 1 });
    return { 'ietf-restconf:data': inside };
  }

  private tree(): Methods {
    const { resources, requester, query } = this;
    return {
      GET: () => ({ status: 200, body: resources.tree(requester, query) }),
      POST: this.registration(undefined, (body) => resources.register(body, requester)),
    };
  }

  private client(cuid: string): Methods {
    const { resources, requester, query } = this;
    return {
      GET: () => ({ status: 200, body: resources.client(cuid, requester, query) }),
      POST: this.change(cuid, (body) => resources.addToClient(cuid, body, requester, query.placement)),
      PUT: this.registration(cuid, (body) => resources.replaceClient(cuid, body, requester)),
      DELETE: this.remove(() => resources.deregister(cuid, requester)),
    };
  }

  private list(list: ListTarget): Methods {
    const { resources, requester, query } = this;
    return {
      GET: () => ({ status: 200, body: resources.list(list, requester, query) }),
      POST: this.change(list.cuid, (body) => resources.add(list, body, requester, query.placement)),
      PUT: this.change(list.cuid, (body) => resources.replaceList(list, body, requester)),
      DELETE: this.remove(() => resources.removeList(list, requester)),
    };
  }

  private entry(entry: EntryTarget): Methods {
    const { resources, requester, query } = this;
    const methods: Methods = {
      GET: () => ({ status: 200, body: resources.entry(entry, requester, query) }),
      PUT: this.change(entry.list.cuid, (body) => resources.replaceEntry(entry, body, requester, query.placement)),
      DELETE: this.remove(() => resources.remove(entry, requester)),
    };
    if (entry.list.container !== 'acls') return methods;
    const aces: ListTarget = { kind: 'list', cuid: entry.list.cuid, container: 'aces', acl: entry.name };
    return {
      ...methods,
      POST: this.change(aces.cuid, (body) => resources.add(aces, body, requester, query.placement)),
    };
  }

  /** Names are resolved before the work that others wait for. */
  private change(cuid: string | undefined, work: (body: JsonObject) => Success): Handler {
    return async () => {
      const body = await this.body(cuid);
      return this.context.exclusive(() => work(body));
    };
  }

  /** A change that registers a client. */
  private registration(cuid: string | undefined, work: (body: JsonObject) => Success): Handler {
    return async () => {
      const body = await this.body(cuid);
      return this.resources.claimed(body, this.requester, () => this.context.exclusive(() => work(body)));
    };
  }

  private async body(cuid: string | undefined): Promise<JsonObject> {
    const body = parseBody(await this.context.request.body());
    await this.resources.refuseOutside(body, this.requester, baseOf(body, cuid));
    return body;
  }

  private remove(work: () => Success): Handler {
    return () => this.context.exclusive(work);
  }
}

const read =
  (body: JsonObject): Handler =>
  () => ({ status: 200, body });

/**
 * OPTIONS and HEAD follow from the methods of the resource. Throws a RestconfError (405) for one it does not support.
 */
async function respond(method: string, methods: Methods): Promise<DataResponse> {
  const allowed = ['OPTIONS', ...(methods.GET === undefined ? [] : ['HEAD']), ...Object.keys(methods)]
    .sort()
    .join(', ');
  if (method === 'OPTIONS') return { status: 200, headers: { Allow: allowed } };
  const handler = methods[(method === 'HEAD' ? 'GET' : method) as keyof Methods];
  if (handler === undefined) throw unsupported(`This resource does not support ${method.slice(0, 20)}.`, allowed);
  const { status, body, location } = await handler();
  return {
    status,
    ...(body === undefined ? {} : { body }),
    headers: location === undefined ? {} : { Location: location },
  };
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
  const hasBody = method === 'POST' || method === 'PUT';
  if (hasBody && mediaRange(contentType ?? '').type !== yangData)
    throw fail(415, 'invalid-value', `The Content-Type of the body must be ${yangData}.`);
  if (hasBody && coding.trim().toLowerCase() !== 'identity')
    throw fail(415, 'invalid-value', 'This server reads bodies without a Content-Encoding only.');
  if (!accepts(accept ?? '*/*')) throw fail(406, 'invalid-value', `The only Content-Type available is ${yangData}.`);
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
