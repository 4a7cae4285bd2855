import { pathText } from '#dots/coap/request';
import { DotsError } from '#dots/model/errors';
import { documentTypeOf, type DocumentKind, type DocumentType } from '#dots/model/documents';
import type { JsonObject } from '#dots/model/json';

/** Where a document goes on the signal channel. */
export interface Resource {
  /** The path suffix: RFC 9132 section 4.2, RFC 9244 section 6, RFC 9066 section 5.2.2. */
  name: 'mitigate' | 'config' | 'tm-setup' | 'tm' | 'hb' | 'redirect';
  /** Whether the path names the client. */
  cuid: boolean;
  /** The Uri-Path parameter that names the entry. */
  id?: 'mid' | 'sid' | 'tsid' | 'tmid';
  /** Configuration is confirmable; requests during an attack are not. */
  confirmable: boolean;
}

/** The resource of mitigation requests: RFC 9132 section 4.4. */
export const mitigate: Resource = { name: 'mitigate', cuid: true, id: 'mid', confirmable: false };

/** The configuration of the session: RFC 9132 section 4.5. */
export const sessionConfig: Resource = { name: 'config', cuid: false, id: 'sid', confirmable: true };

/** The configuration of telemetry: RFC 9244 section 7. */
export const telemetrySetup: Resource = { name: 'tm-setup', cuid: true, id: 'tsid', confirmable: true };

/** Telemetry before and during mitigation: RFC 9244 section 8. */
export const telemetry: Resource = { name: 'tm', cuid: true, id: 'tmid', confirmable: false };

const resources: Partial<Record<DocumentKind, Resource>> = {
  'mitigation-scope': mitigate,
  'signal-config': sessionConfig,
  heartbeat: { name: 'hb', cuid: false, confirmable: false },
  'redirected-signal': { name: 'redirect', cuid: true, id: 'mid', confirmable: false },
  'telemetry-setup': telemetrySetup,
  telemetry,
};

/** The Uri-Path segments of a resource; order matters: cuid comes before the entry's identifier. */
export function pathOf(resource: Resource, cuid: string, id?: number): string[] {
  const path = ['.well-known', 'dots', resource.name];
  if (resource.cuid) path.push(`cuid=${cuid}`);
  if (resource.id !== undefined && id !== undefined) path.push(`${resource.id}=${id}`);
  return path;
}

/** The Uri-Path that a document is sent to, or undefined where an identifier in it is not known. */
export function requestPath(
  document: JsonObject,
  cuid: string | undefined,
  id: number | undefined,
): string | undefined {
  const resource = resourceOf(document);
  if ((resource.cuid && cuid === undefined) || (resource.id !== undefined && id === undefined)) return undefined;
  return pathText(pathOf(resource, cuid ?? '', id));
}

/** Where a document goes; throws a DotsError of kind `usage` for a document of another channel. */
export function resourceOf(document: JsonObject): Resource {
  const type = documentTypeOf(document);
  const resource = type && resources[type.kind];
  if (resource === undefined) throw noSignalDocument(type);
  return resource;
}

function noSignalDocument(type: DocumentType | undefined): DotsError {
  if (type === undefined) {
    return new DotsError(
      'usage',
      'signal/unknown-document',
      'The kind of the document is unknown: it has no top-level member of a DOTS document.',
      'A mitigation request starts with "ietf-dots-signal-channel:mitigation-scope".',
    );
  }
  return new DotsError(
    'usage',
    'signal/data-channel-document',
    `A document of kind "${type.title}" travels on the data channel (RFC ${type.rfc.replace(' ', ' section ')}), not on the signal channel.`,
    'Only signal channel and telemetry documents can be sent here.',
  );
}
