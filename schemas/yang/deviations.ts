import { SchemaError } from './error';

/**
 * Where the published modules cannot be taken literally. `schemas/deviations.json` is the only list of these;
 * each entry says what is changed, why, and by which section.
 */
export type Deviation = { id: string; reason: string; rfc: string } & (
  | { change: 'case-is-container' }
  | { change: 'leafref'; path: string }
  | { change: 'when-path'; from: string; to: string }
  | { change: 'function'; from: string; to: string }
  | { change: 'presence'; containers: string[] }
  | { change: 'enum'; type: string; values: Record<string, number> }
  | { change: 'pattern'; types: string[]; pattern: string }
  | { change: 'bare-identity' }
  /** The modules are taken literally where other judges do not. */
  | { change: 'none' }
);

/** Look-ups into the list of deviations; it knows which of them have been asked for. */
export class Deviations {
  private readonly used = new Set<string>();

  constructor(private readonly list: Deviation[]) {}

  /** Whether a leafref may name what is not in the same document. */
  isFreeLeafref(path: string): boolean {
    return this.find('leafref', (entry) => entry.path === path) !== undefined;
  }

  /** Values that an IANA registry added to an enumeration after the module was published. */
  extraEnums(type: string): Record<string, number> | undefined {
    return this.find('enum', (entry) => entry.type === type)?.values;
  }

  /** A pattern that values of a type match besides those of its module. */
  extraPattern(type: string): string | undefined {
    return this.find('pattern', (entry) => entry.types.includes(type))?.pattern;
  }

  /** Whether a container (`module:name`) counts as a presence container. */
  isPresence(container: string): boolean {
    return this.find('presence', (entry) => entry.containers.includes(container)) !== undefined;
  }

  /** Whether the object on the wire is named after a case of the structure. */
  caseIsContainer(): boolean {
    return this.find('case-is-container') !== undefined;
  }

  /** Whether identities may be without their module's name. */
  bareIdentities(): boolean {
    return this.find('bare-identity') !== undefined;
  }

  /** An XPath expression with the amendments applied. */
  expression(xpath: string): string {
    const path = this.find('when-path', (entry) => xpath.includes(entry.from));
    const name = this.find('function', (entry) => xpath.includes(`${entry.from}(`));
    const renamed = name ? xpath.replace(`${name.from}(`, `${name.to}(`) : xpath;
    return path ? renamed.replace(path.from, path.to) : renamed;
  }

  /** @throws SchemaError when an entry changes nothing any more */
  requireAllUsed(): void {
    const idle = this.list.filter(({ id, change }) => change !== 'none' && !this.used.has(id)).map(({ id }) => id);
    if (idle.length > 0) throw new SchemaError(`deviations.json: ${idle.join(', ')} changes nothing in these modules`);
  }

  private find<C extends Deviation['change']>(
    change: C,
    fits: (entry: Extract<Deviation, { change: C }>) => boolean = () => true,
  ): Extract<Deviation, { change: C }> | undefined {
    const found = this.list.find(
      (entry) => entry.change === change && fits(entry as Extract<Deviation, { change: C }>),
    );
    if (found) this.used.add(found.id);
    return found as Extract<Deviation, { change: C }> | undefined;
  }
}
