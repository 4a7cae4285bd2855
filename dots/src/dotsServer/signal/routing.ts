import type { CoapAnswer } from '#dots/coap/answer';
import type { Handler, InboundRequest } from '#dots/coap/inbound';
import type { Method } from '#dots/coap/messages/message';
import { dotsCbor } from '#dots/coap/messages/options';
import { oneLine } from '#dots/model/text';
import { refuseUnmatched } from './ifMatch';
import { refuse, Refusal } from './refusal';

/** The resources of a DOTS server: RFC 9132 section 4.2, RFC 9244 section 6. */
export type ResourceName = 'mitigate' | 'config' | 'hb' | 'tm-setup' | 'tm';

/** A request for a resource, its path read. */
export interface ResourceRequest {
  inbound: InboundRequest;
  /** The client; empty for the resources of a session. */
  cuid: string;
  /** mid, sid, tsid or tmid. */
  id?: number | undefined;
}

/** The methods of one resource; undefined as the answer ignores the request in silence. */
export type Resource = Partial<
  Record<Method, (request: ResourceRequest) => Promise<CoapAnswer | undefined> | CoapAnswer | undefined>
>;

/** Looks at each request before its resource does; what it answers, or throws as a Refusal, is the answer. */
export type Guard = (name: ResourceName, request: ResourceRequest) => CoapAnswer | undefined;

/** The Uri-Path parameters each resource knows, in the order they have to come: RFC 9132 section 4.4.1.1. */
const parameters: Record<ResourceName, readonly string[]> = {
  mitigate: ['cdid', 'cuid', 'mid'],
  config: ['sid'],
  hb: [],
  'tm-setup': ['cdid', 'cuid', 'tsid'],
  tm: ['cdid', 'cuid', 'tmid'],
};

/** Answers each request with the resource it names; what a resource throws as a Refusal becomes the answer. */
export function route(resources: Record<ResourceName, Resource>, guard: Guard = () => undefined): Handler {
  return async (inbound) => {
    try {
      return await dispatch(resources, guard, inbound);
    } catch (error) {
      if (error instanceof Refusal) return error.answer;
      throw error;
    }
  };
}

/** The resource that a path names, or undefined. */
export function resourceNameOf([root, dots, name = '']: readonly string[]): ResourceName | undefined {
  return root === '.well-known' && dots === 'dots' && Object.hasOwn(parameters, name)
    ? (name as ResourceName)
    : undefined;
}

/** The parameters in a path: `cuid=...` and so on. Throws a Refusal for one that is unknown, empty, repeated or out of order. */
export function parametersOf(name: ResourceName, path: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {};
  let expected = parameters[name];
  for (const segment of path.slice(3)) {
    const [, parameter = '', value = ''] = /^([^=]*)=(.*)$/su.exec(segment) ?? [];
    const place = expected.indexOf(parameter);
    if (place < 0 || value === '') throw refuse('4.00', pathSentence(name, segment), '9132 4.4.1.1');
    expected = expected.slice(place + 1);
    found[parameter] = value;
  }
  return found;
}

async function dispatch(
  resources: Record<ResourceName, Resource>,
  guard: Guard,
  inbound: InboundRequest,
): Promise<CoapAnswer | undefined> {
  const name = resourceNameOf(inbound.path);
  if (name === undefined) throw refuse('4.04', 'This server has no such resource.', '9132 4.2');
  const method = resources[name][inbound.method];
  if (method === undefined) throw refuse('4.05', `The resource "${name}" has no ${inbound.method}.`, '9132 9');
  refuseOtherFormats(inbound);
  const { cuid = '', mid, sid, tsid, tmid } = parametersOf(name, inbound.path);
  if (parameters[name].includes('cuid') && cuid === '') throw refuse('4.00', 'The path has no cuid.', '9132 4.4.1.1');
  const id = mid ?? sid ?? tsid ?? tmid;
  const request: ResourceRequest = { inbound, cuid, id: id === undefined ? undefined : identifier(id) };
  const refused = guard(name, request);
  if (refused !== undefined) return refused;
  await refuseUnmatched(name, resources[name], request);
  return method(request);
}

function refuseOtherFormats({ method, contentFormat, accept }: InboundRequest): void {
  if (accept !== undefined && accept !== dotsCbor)
    throw refuse('4.06', `Only Content-Format ${dotsCbor}, application/dots+cbor, can be given.`, '9132 10.3');
  if (method === 'PUT' && contentFormat !== dotsCbor)
    throw refuse('4.15', `The body has to be of Content-Format ${dotsCbor}, application/dots+cbor.`, '9132 9');
}

function identifier(text: string): number {
  const id = /^\d{1,10}$/.test(text) ? Number(text) : NaN;
  if (id <= 0xffff_ffff) return id;
  throw refuse('4.00', 'The identifier in the path is no integer from 0 to 4294967295.', '9132 4.4.1.1');
}

function pathSentence(name: ResourceName, segment: string): string {
  const known = parameters[name]
    .filter((parameter) => parameter !== 'cdid')
    .map((parameter) => `${parameter}=`)
    .join('/');
  const where =
    known === ''
      ? `"${name}" takes no parameters`
      : `after "${name}" come ${known}, each once, in this order and with a value`;
  return `The path segment "${oneLine(segment, 80)}" does not fit: ${where}.`;
}
