import type { CoapAnswer } from '#dots/coap/answer';
import type { Handler, InboundRequest } from '#dots/coap/inbound';
import { dotsCbor } from '#dots/coap/messages/options';
import { isLegalText } from '#dots/check/legalText';
import { printable } from '#dots/model/text';
import { StoreError } from '../state/journal';
import { refuseUnmatched } from './ifMatch';
import { refuse, Refusal } from './refusal';
import type { Guard, Resource, ResourceName, ResourceRequest } from './resource';

/** The Uri-Path parameters of each resource, in the required order: RFC 9132 section 4.4.1.1. */
const parameters: Record<ResourceName, readonly string[]> = {
  mitigate: ['cdid', 'cuid', 'mid'],
  config: ['sid'],
  hb: [],
  'tm-setup': ['cdid', 'cuid', 'tsid'],
  tm: ['cdid', 'cuid', 'tmid'],
};

/**
 * Answers each request with the resource it names; a Refusal that a resource throws becomes the answer. A change of
 * unknown outcome has none.
 */
export function route(resources: Record<ResourceName, Resource>, guard: Guard): Handler {
  return async (inbound) => {
    try {
      return await dispatch(resources, guard, inbound);
    } catch (error) {
      if (error instanceof Refusal) return error.answer;
      if (error instanceof StoreError && !error.isCertain) return undefined;
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

/**
 * The parameters in a path: `cuid=...` and so on. Throws a Refusal (4.00) for one that is unknown, empty, repeated or
 * out of order.
 */
export function parametersOf(name: ResourceName, path: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {};
  let expected = parameters[name];
  for (const segment of path.slice(3)) {
    const [, parameter = '', value = ''] = /^([^=]*)=(.*)$/su.exec(segment) ?? [];
    const place = expected.indexOf(parameter);
    if (place < 0 || value === '') throw refuse('4.00', pathSentence(name, segment), '9132 4.4.1.1');
    if (!isLegalText(value)) throw refuse('4.00', illegalSentence(parameter, value), '7950 9.4');
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
  if (method === undefined)
    throw refuse('4.05', `The resource "${name}" does not support ${inbound.method}.`, '9132 9');
  refuseOtherFormats(inbound);
  return guard(name, resourceRequest(name, inbound), async (request) => {
    await refuseUnmatched(name, resources[name], request);
    return method(request);
  });
}

function resourceRequest(name: ResourceName, inbound: InboundRequest): ResourceRequest {
  const { cuid = '', cdid, mid, sid, tsid, tmid } = parametersOf(name, inbound.path);
  if (parameters[name].includes('cuid') && cuid === '') throw refuse('4.00', 'The path has no cuid.', '9132 4.4.1.1');
  const id = mid ?? sid ?? tsid ?? tmid;
  return { inbound, cuid, cdid, id: id === undefined ? undefined : identifier(id) };
}

function refuseOtherFormats({ method, contentFormat, accept }: InboundRequest): void {
  if (accept !== undefined && accept !== dotsCbor)
    throw refuse('4.06', `The only Content-Format available is ${dotsCbor}, application/dots+cbor.`, '9132 10.3');
  if (method === 'PUT' && contentFormat !== dotsCbor)
    throw refuse('4.15', `The body must have Content-Format ${dotsCbor}, application/dots+cbor.`, '9132 9');
}

function identifier(text: string): number {
  const id = /^\d{1,10}$/.test(text) ? Number(text) : NaN;
  if (id <= 0xffff_ffff) return id;
  throw refuse('4.00', 'The identifier in the path is not an integer from 0 to 4294967295.', '9132 4.4.1.1');
}

function illegalSentence(parameter: string, value: string): string {
  return `The ${parameter} "${printable(value.slice(0, 80))}" contains a character that a YANG string cannot contain.`;
}

function pathSentence(name: ResourceName, segment: string): string {
  const known = parameters[name]
    .filter((parameter) => parameter !== 'cdid')
    .map((parameter) => `${parameter}=`)
    .join('/');
  const expected =
    known === ''
      ? `"${name}" has no parameters`
      : `"${name}" is followed by ${known}, each at most once, in this order and with a value`;
  return `The path segment "${printable(segment.slice(0, 80))}" is invalid: ${expected}.`;
}
