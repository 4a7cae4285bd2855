import type { NamesSchema } from '#schemas/config';
import type { DocumentForm } from './fileNames';
import { configSchemaAt } from './ownSchema';

/** How a place has a name: it defines what is named, or uses it. */
export type NameRole = 'definition' | 'use';

/** A kind of names, and where documents have them. */
export interface NameKind {
  kind: string;
  /** In words. */
  noun: string;
  /**
   * Which places mean the same: those of one client in all documents, those of one list entry around them, those of one
   * file, or those of all files of the user.
   */
  reach: 'client' | 'entry' | 'file' | 'user';
  /** The members that lead to a name, without indexes; `*` at the end: the name is that of a member. */
  places: readonly { form: DocumentForm; path: string; role: NameRole }[];
}

/** All kinds of names. Another kind of document adds its places here. */
const nameKinds: readonly NameKind[] = [
  {
    kind: 'alias',
    noun: 'alias',
    reach: 'client',
    places: [
      { form: 'dots', path: 'alias/name', role: 'definition' },
      { form: 'dots', path: 'alias-name', role: 'use' },
    ],
  },
  {
    kind: 'acl',
    noun: 'ACL',
    reach: 'client',
    places: [
      { form: 'dots', path: 'acl/name', role: 'definition' },
      { form: 'dots', path: 'ietf-dots-signal-control:acl-list/acl-name', role: 'use' },
    ],
  },
  {
    kind: 'ace',
    noun: 'entry of an ACL (ACE)',
    reach: 'entry',
    places: [{ form: 'dots', path: 'aces/ace/name', role: 'definition' }],
  },
  {
    kind: 'cuid',
    noun: 'client identifier (cuid)',
    reach: 'user',
    places: [
      { form: 'dots', path: 'dots-client/cuid', role: 'use' },
      { form: 'dots', path: 'ietf-dots-data-channel:dots-client/cuid', role: 'use' },
      { form: 'workspace', path: 'files/cuid', role: 'use' },
      { form: 'profiles', path: 'profiles/*/cuid', role: 'definition' },
    ],
  },
  {
    kind: 'profile',
    noun: 'server profile',
    reach: 'user',
    places: [
      { form: 'profiles', path: 'profiles/*', role: 'definition' },
      { form: 'workspace', path: 'files/profile', role: 'use' },
      { form: 'policy', path: 'dms/server', role: 'use' },
    ],
  },
  inPolicy('links', 'link'),
  inPolicy('nodes', 'forwarding node'),
  inPolicy('dms', 'DMS'),
];

/** Names that a policy defines itself; where it uses them, its schema says (`x-names`). */
function inPolicy(of: NamesSchema['of'], noun: string): NameKind {
  return { kind: of, noun, reach: 'file', places: [{ form: 'policy', path: `${of}/name`, role: 'definition' }] };
}

/** What a place names. */
export interface NamePlace {
  of: NameKind;
  role: NameRole;
}

/**
 * The kind of the name at a place of a document, or undefined.
 * @param path leads to the value, or to the member that is the name
 * @param atName the name is that of the member
 */
export function namePlace(form: DocumentForm, path: readonly string[], atName: boolean): NamePlace | undefined {
  const members = path.filter((token) => !/^\d+$/.test(token));
  const found = placesOf[form]?.get(atName ? '*' : (members.at(-1) ?? ''))?.find((place) => isAt(place.path, members));
  if (found !== undefined || form !== 'policy') return found;
  const of = configSchemaAt('policy', atName ? path.slice(0, -1) : path)?.['x-names']?.of;
  const kind = nameKinds.find((each) => each.kind === of);
  return kind === undefined ? undefined : { of: kind, role: 'use' };
}

/** Whether a member of a document may have a name as its value; cheap, for tens of thousands of members. */
export function mayHaveName(form: DocumentForm, member: string): boolean {
  return form === 'policy' || placesOf[form]?.has(member) === true;
}

/** Whether names of members are names of something in documents of a form. */
export function hasNamedMembers(form: DocumentForm): boolean {
  return form === 'policy' || placesOf[form]?.has('*') === true;
}

type KnownPlace = NamePlace & { path: readonly string[] };

/** The places of a form by their last member, so that most members cost one look-up. */
const placesOf: Partial<Record<DocumentForm, Map<string, KnownPlace[]>>> = {};

for (const of of nameKinds)
  for (const { form, path, role } of of.places) {
    const steps = path.split('/');
    const byLast = (placesOf[form] ??= new Map<string, KnownPlace[]>());
    const last = steps.at(-1) ?? '';
    byLast.set(last, [...(byLast.get(last) ?? []), { of, role, path: steps }]);
  }

/** Whether members end with the steps of a place. */
function isAt(steps: readonly string[], members: readonly string[]): boolean {
  const from = members.length - steps.length;
  return from >= 0 && steps.every((step, index) => step === '*' || step === members[from + index]);
}
