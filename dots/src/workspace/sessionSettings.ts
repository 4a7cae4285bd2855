import { documentType } from '#dots/model/documents';
import { isObject, itemsOf, type JsonObject, type JsonValue } from '#dots/model/json';

/** How the session with the server of a profile is kept; each is absent where the profile does not say it. */
export interface SessionSettings {
  /** Further addresses of the signal channel. */
  alternates?: readonly string[];
  /** The addresses of this machine to send from. */
  localAddresses?: readonly string[];
  /** The configuration to negotiate: the body of a request (RFC 9132 section 4.5.2). */
  configuration?: JsonObject;
}

/** The settings in an entry of a profiles file without faults; undefined where there are none. */
export function sessionSettingsOf(profile: JsonObject): SessionSettings | undefined {
  const [alternates, localAddresses] = [itemsOf(profile.alternates), itemsOf(profile['local-addresses'])];
  const configuration = profile['session-config'];
  const settings: SessionSettings = {
    ...(alternates.length > 0 && { alternates: alternates as string[] }),
    ...(localAddresses.length > 0 && { localAddresses: localAddresses as string[] }),
    ...(isObject(configuration) && { configuration: bodyOf(configuration) }),
  };
  return Object.keys(settings).length === 0 ? undefined : settings;
}

/** The values of a profile in the form of a request: a decimal number is a text, as in RFC 7951. */
function bodyOf(configuration: JsonObject): JsonObject {
  const sets = Object.entries(configuration).map(([set, values]) => [set, isObject(values) ? setOf(values) : {}]);
  return { [documentType('signal-config').topMember]: Object.fromEntries(sets) as JsonObject };
}

const setOf = (values: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, current(value)]));

const current = (value: JsonValue): JsonObject =>
  typeof value === 'string' ? { 'current-value-decimal': Number(value).toFixed(2) } : { 'current-value': value };
