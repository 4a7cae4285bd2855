import type { JsonObject } from '#dots/model/json';
import { scopesOf } from '#dots/signal/scopes';

/**
 * What there is to say of a mitigation that a server starts when it loses the session (`trigger-mitigation` false, RFC
 * 9132 section 4.4.1.1): without a session that is kept, no heartbeats follow, and the server takes it as lost.
 */
export function preconfiguredWords(document: JsonObject, kept: true | undefined): string[] {
  if (!scopesOf(document).some((scope) => scope['trigger-mitigation'] === false)) return [];
  return [
    kept
      ? 'The server starts this mitigation when the session that dots session keeps is lost.'
      : 'The server starts this mitigation when it misses the heartbeats of this client, and the session of this command sends none. Start dots session now, which keeps a session and its heartbeats, or withdraw the request.',
  ];
}
