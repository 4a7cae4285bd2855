import type { JsonObject } from '#dots/model/json';
import { fail, RestconfError } from './failure';
import { parseBody } from './bodyCheck';
import { queryOf } from './query';
import { type DataResources, type Owner, type Success } from './dataResources';
import { root, targetOf, type ListTarget, type Target } from './resourcePath';

/** A request, its transport left behind. */
export interface DataRequest {
  method: string;
  /** As it stands in the request line, percent-encoded. */
  path: string;
  query: URLSearchParams;
  owner: Owner;
  /** The body of a POST or a PUT. */
  body(): Promise<string>;
}

/** What goes back. */
export interface DataResponse {
  status: number;
  body?: JsonObject | string;
  headers: Record<string, string>;
}

export const yangData = 'application/yang-data+json';
const hostMeta = `<?xml version="1.0" encoding="UTF-8"?>\n<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">\n  <Link rel="restconf" href="${root}"/>\n</XRD>\n`;

type Handler = () => Promise<Success> | Success;
type Methods = Partial<Record<'GET' | 'POST' | 'PUT' | 'DELETE', Handler>>;

/** Answers requests with the resources they name; what changes something runs through `exclusive`. */
export class DataRouter {
  constructor(
    private readonly resources: DataResources,
    private readonly exclusive: <T>(work: () => Promise<T>) => Promise<T>,
  ) {}

  /** Throws a RestconfError for what is refused. */
  async answer(request: DataRequest): Promise<DataResponse> {
    const target = targetOf(request.path);
    if (target.kind === 'host-meta') return metadata(request.method);
    const methods = this.methodsOf(target, request);
    const allowed = ['OPTIONS', ...(methods.GET === undefined ? [] : ['HEAD']), ...Object.keys(methods)]
      .sort()
      .join(', ');
    if (request.method === 'OPTIONS') return { status: 200, headers: { Allow: allowed } };
    const handler = methods[(request.method === 'HEAD' ? 'GET' : request.method) as keyof Methods];
    if (handler === undefined)
      throw new RestconfError(
        405,
        [{ tag: 'operation-not-supported', message: `This resource has no ${request.method.slice(0, 20)}.` }],
        { Allow: allowed },
      );
    const { status, body, location } = await handler();
    return {
      status,
      ...(body === undefined ? {} : { body }),
      headers: location === undefined ? {} : { Location: location },
    };
  }

  private methodsOf(target: Target, request: DataRequest): Methods {
    const { resources } = this;
    const { owner } = request;
    const query = queryOf(request.query, request.method, target);
    const change =
      (work: (body: JsonObject) => Promise<Success>): Handler =>
      async () => {
        const body = parseBody(await request.body());
        return this.exclusive(() => work(body));
      };
    const remove =
      (work: () => Promise<Success>): Handler =>
      () =>
        this.exclusive(work);
    const get =
      (work: () => JsonObject): Handler =>
      () => ({ status: 200, body: work() });
    switch (target.kind) {
      case 'host-meta':
        return {};
      case 'root':
        return {
          GET: get(() => ({
            'ietf-restconf:restconf': { data: {}, operations: {}, 'yang-library-version': '2019-01-04' },
          })),
        };
      case 'library':
        return { GET: get(() => ({ 'ietf-restconf:yang-library-version': '2019-01-04' })) };
      case 'data':
        return {
          GET: get(() => ({
            'ietf-restconf:data': query.depth === 1 ? {} : resources.tree(owner, { ...query, depth: query.depth - 1 }),
          })),
        };
      case 'dots-data':
        return {
          GET: get(() => resources.tree(owner, query)),
          POST: change((body) => resources.register(body, owner)),
        };
      case 'capabilities':
        return { GET: get(() => resources.capabilities(query)) };
      case 'client':
        return {
          GET: get(() => resources.client(target.cuid, owner, query)),
          POST: change((body) => resources.addToClient(target.cuid, body, owner, query.placement)),
          PUT: change((body) => resources.replaceClient(target.cuid, body, owner)),
          DELETE: remove(() => resources.deregister(target.cuid, owner)),
        };
      case 'list':
        return {
          GET: get(() => resources.list(target, owner, query)),
          POST: change((body) => resources.add(target, body, owner, query.placement)),
          PUT: change((body) => resources.replaceList(target, body, owner)),
          DELETE: remove(() => resources.removeList(target, owner)),
        };
      case 'entry':
        return {
          GET: get(() => resources.entry(target, owner, query)),
          PUT: change((body) => resources.replaceEntry(target, body, owner, query.placement)),
          DELETE: remove(() => resources.remove(target, owner)),
          ...(target.list.container === 'acls'
            ? {
                POST: change((body) =>
                  resources.add(acesOf(target.list.cuid, target.name), body, owner, query.placement),
                ),
              }
            : {}),
        };
    }
  }
}

function acesOf(cuid: string, acl: string): ListTarget {
  return { kind: 'list', cuid, container: 'aces', acl };
}

/** Where RESTCONF begins on this server: RFC 8040 section 3.1. */
function metadata(method: string): DataResponse {
  if (method !== 'GET' && method !== 'HEAD')
    throw new RestconfError(405, [{ tag: 'operation-not-supported', message: 'This resource can only be read.' }], {
      Allow: 'GET, HEAD',
    });
  return { status: 200, body: hostMeta, headers: { 'Content-Type': 'application/xrd+xml' } };
}

/** Refuses a body that is not RESTCONF's JSON, and an answer in another form: RFC 8040 section 5.2. */
export function refuseOtherTypes(method: string, contentType: string | undefined, accept: string | undefined): void {
  const typeOf = (text: string): string => (text.split(';')[0] ?? '').trim().toLowerCase();
  if ((method === 'POST' || method === 'PUT') && typeOf(contentType ?? '') !== yangData)
    throw fail(415, 'invalid-value', `The body has to be of Content-Type ${yangData}.`);
  const accepted = accept === undefined ? ['*/*'] : accept.split(',').map(typeOf);
  if (!accepted.some((type) => type === yangData || type === '*/*' || type === 'application/*'))
    throw fail(406, 'invalid-value', `Answers are of Content-Type ${yangData} only.`);
}
