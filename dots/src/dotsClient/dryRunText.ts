import { annotatedDiagnostic } from '#dots/cbor/diagnostic';
import { fileLimits } from '#dots/cbor/reader';
import { readableOption } from '#dots/coap/messages/optionText';
import { contentOf as messageOf, pathText, type CoapRequest } from '#dots/coap/request';
import { contentOf, isMapping, pathOf } from '#dots/data/resources';
import type { JsonObject } from '#dots/model/json';
import { printable, safeJson } from '#dots/model/text';
import type { PlannedRequest } from './plannedRequest';
import type { Size } from './requestSize';

/** Where a document would go. */
interface Place {
  server: string;
  cuid: string;
  profile?: string | undefined;
}

/** A dry run in words: where the document would go and as which client, then what of it. */
export function dryRunText({ server, profile, cuid }: Place, lines: readonly string[]): string {
  const where = profile === undefined ? '' : ` (profile ${profile})`;
  return ['Dry run: nothing was sent.', `To ${server}${where} as cuid ${cuid}`, ...lines]
    .map((line) => `${printable(line)}\n`)
    .join('');
}

/** A planned request, one line each: its identifier, what it replaces, its options, its size and its octets. */
export function plannedLines({ request, size, identifier, refreshes, replaces }: PlannedRequest): string[] {
  const refreshed = refreshes ? ', which is running: it is refreshed' : '';
  return [
    ...(identifier === undefined ? [] : [`${identifier.name} ${identifier.value}${refreshed}`]),
    ...(replaces.length === 0 ? [] : [`It replaces mid ${replaces.map(({ mid }) => mid).join(', ')}.`]),
    ...requestLines(request, size),
  ];
}

function requestLines(request: CoapRequest, size: Size): string[] {
  const { method, path, confirmable, payload = new Uint8Array() } = request;
  return [
    `${confirmable ? 'CON' : 'NON'} ${method} ${pathText(path)}`,
    ...messageOf(request)
      .options.map(readableOption)
      .map(({ name, value }) => `  ${name}: ${value === '' ? '(empty)' : value}`),
    `${payload.length} octets of CBOR; ${sizeWords(request, size)}`,
    Buffer.from(payload).toString('hex'),
    ...annotatedDiagnostic(payload, fileLimits).split('\n'),
  ];
}

function sizeWords({ blocks }: CoapRequest, { message, limit, fits }: Size): string {
  if (limit === null) return `about ${message} with the CoAP header and options; over TLS there is no limit.`;
  const both = `about ${message} with the CoAP header and options, of ${limit} that one datagram takes`;
  if (fits) return `${both}: it fits.`;
  return blocks === true
    ? `${both}: it would be sent in blocks.`
    : `${both}: it would not be sent without --blocks (RFC 9132 section 7.3).`;
}

/** The first request of an installation: whether entries have to be replaced one by one is known to the server. */
export interface PlannedInstallation {
  path: string;
  body: string;
  contentType: 'application/yang-data+json';
  octets: number;
}

/** The first request that installs a document as a client. */
export function plannedInstallation(document: JsonObject, cuid: string): PlannedInstallation {
  const body = JSON.stringify(document);
  return {
    path: `ietf-dots-data-channel:dots-data${pathOf(cuid, '')}`,
    contentType: 'application/yang-data+json',
    octets: Buffer.byteLength(body),
    body,
  };
}

/** A planned installation, one line each. Throws a DotsError for a document that cannot be installed. */
export function installationLines(document: JsonObject, planned: PlannedInstallation): string[] {
  const { path, contentType, octets, body } = planned;
  return [
    `POST ${path}, below the RESTCONF root that the server names; entries of the same name are replaced with PUT`,
    `  Content-Type: ${contentType}`,
    `${octets} octets of JSON with ${contentWords(document)}`,
    body,
  ];
}

function contentWords(document: JsonObject): string {
  if (isMapping(document)) return 'a vendor mapping';
  const { container, entries } = contentOf(document);
  return `${container} ${entries.map(({ name }) => safeJson(name)).join(', ')}`;
}
