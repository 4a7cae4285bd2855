import type { Direction, Level } from '#dots/check/check';
import type { Severity } from '#dots/model/finding';
import { isObject, itemsOf, type JsonObject, type JsonValue } from '#dots/model/json';
import { isExact, matchesGlob, normalPath } from './glob';
import { sessionSettingsOf, type SessionSettings } from './sessionSettings';

/** The workspace file's entry for one document. */
export interface FileContext {
  cuid?: string;
  /** Or the sid, tsid or tmid, by the kind of the document. */
  mid?: number;
  direction?: Direction;
  /** The name of a server profile. */
  profile?: string;
}

/** The router software of previews. */
export type TargetRouter = 'exabgp' | 'gobgp' | 'bird';

/** A workspace file, read. Paths are relative to its folder, with forward slashes. */
export interface Workspace {
  /** undefined: the default of the editor or the command. */
  level: Level | undefined;
  /** The own prefixes as written; each is valid. */
  ownPrefixes: readonly string[];
  targetRouter: TargetRouter | undefined;
  /** The path of the policy of the orchestrator. */
  policy: string | undefined;
  /** The settings of a document; of several matching entries, the last one decides, member by member. */
  contextOf(path: string): FileContext;
  /** The severity of a finding in a document; undefined if it is hidden. */
  severityOf<T extends string>(path: string, code: string, severity: T): T | Severity | undefined;
}

/** The workspace without a file, or with one that has errors. */
export const noWorkspace: Workspace = {
  level: undefined,
  ownPrefixes: [],
  targetRouter: undefined,
  policy: undefined,
  contextOf: () => ({}),
  severityOf: (_path, _code, severity) => severity,
};

/** Converts the value of a workspace file without faults. */
export function workspaceOf(value: JsonValue | undefined): Workspace {
  if (!isObject(value)) return noWorkspace;
  const files = entriesFor(objectsOf(value.files));
  const suppressions = objectsOf(value.suppressions);
  const severities = isObject(value.severities) ? value.severities : {};
  return {
    level: value.level as Level | undefined,
    ownPrefixes: itemsOf(value['own-prefixes']) as string[],
    targetRouter: value['target-router'] as TargetRouter | undefined,
    policy: value.policy as string | undefined,
    contextOf: (path) => Object.assign({}, ...files(path).map(contextOf)) as FileContext,
    severityOf: (path, code, severity) => {
      if (suppressions.some((entry) => entry.code === code && appliesTo(entry, path))) return undefined;
      return Object.hasOwn(severities, code) ? (severities[code] as Severity) : severity;
    },
  };
}

const objectsOf = (value: JsonValue | undefined): JsonObject[] => itemsOf(value).filter(isObject);

/**
 * The entries that apply to a path, in their order. Entries for exactly one path are indexed: there may be one for each
 * document.
 */
function entriesFor(entries: readonly JsonObject[]): (path: string) => JsonObject[] {
  const exact = new Map<string, number[]>();
  const globs: number[] = [];
  for (const [index, { path }] of entries.entries()) {
    const key = typeof path === 'string' && isExact(path) ? normalPath(path) : undefined;
    const list = key === undefined ? globs : (exact.get(key) ?? []);
    list.push(index);
    if (key !== undefined) exact.set(key, list);
  }
  return (path) =>
    [...globs, ...(exact.get(normalPath(path)) ?? [])]
      .sort((one, other) => one - other)
      .map((index) => entries[index] as JsonObject)
      .filter((entry) => appliesTo(entry, path));
}

const appliesTo = ({ path: glob }: JsonObject, path: string): boolean =>
  glob === undefined || matchesGlob(String(glob), path);

function contextOf({ cuid, mid, direction, profile }: JsonObject): FileContext {
  return definedOf({ cuid, mid, direction, profile }) as FileContext;
}

const definedOf = (members: Record<string, JsonValue | undefined>): object =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));

/** A deviation of a server from the RFCs that documents can avoid; the schema of the profiles file describes each. */
export type Quirk = 'source-prefix-required' | 'no-target-uri' | 'names-must-resolve';

/**
 * A server profile: the address of a DOTS server, and the client's identity there. It names key files and never
 * contains keys.
 */
export interface Profile {
  /** Address of the signal channel: `coap`, `coaps` or `coaps+tcp`. */
  signal?: string;
  /** Address of the data channel: `https`. */
  data?: string;
  /** What the server's certificate is checked against, where that is not the host of the address. */
  serverName?: string;
  /** Paths of PEM files, as they are written: absolute, or relative to the profiles file. */
  ca?: string;
  certificate?: string;
  key?: string;
  crl?: string;
  /** The path of the file with the password of the key. */
  keyPasswordFile?: string;
  pskIdentity?: string;
  /** The path of the file with the pre-shared key. */
  pskKeyFile?: string;
  cuid?: string;
  /** How a session with it is kept, where the profile says anything about that. */
  session?: SessionSettings;
  ownPrefixes: readonly string[];
  quirks: readonly Quirk[];
  /** Sending to it needs the user's confirmation. */
  production: boolean;
}

/** The profiles by name. */
export type Profiles = ReadonlyMap<string, Profile>;

/** Converts the value of a profiles file without faults. */
export function profilesOf(value: JsonValue | undefined): Profiles {
  const profiles = isObject(value) && isObject(value.profiles) ? value.profiles : {};
  return new Map(
    Object.entries(profiles)
      .filter((entry): entry is [string, JsonObject] => isObject(entry[1]))
      .map(([name, profile]) => [name, profileOf(profile)]),
  );
}

function profileOf(profile: JsonObject): Profile {
  const { signal, data, ca, certificate, key, crl, cuid, 'own-prefixes': ownPrefixes, quirks, production } = profile;
  return {
    ...definedOf({ signal, data, ca, certificate, key, crl, cuid, ...namesOf(profile) }),
    ...sessionOf(profile),
    ownPrefixes: itemsOf(ownPrefixes) as string[],
    quirks: itemsOf(quirks) as Quirk[],
    production: production === true,
  };
}

/** The members with another name here than in the file. */
function namesOf({
  'server-name': serverName,
  'key-password-file': keyPasswordFile,
  'psk-identity': pskIdentity,
  'psk-key-file': pskKeyFile,
}: JsonObject): Record<string, JsonValue | undefined> {
  return { serverName, keyPasswordFile, pskIdentity, pskKeyFile };
}

function sessionOf(profile: JsonObject): Pick<Profile, 'session'> {
  const session = sessionSettingsOf(profile);
  return session === undefined ? {} : { session };
}
