/**
 * Where the published modules cannot be taken literally. `schemas/deviations.json` is the only list of these;
 * each entry says what is changed, why, and by which section.
 */
export type Deviation = { id: string; reason: string; rfc: string } & (
  | { change: 'case-is-container' }
  | { change: 'leafref'; path: string; identityBase?: string }
  | { change: 'when-path'; from: string; to: string }
  | { change: 'function'; from: string; to: string }
  | { change: 'presence'; containers: string[] }
  | { change: 'enum'; type: string; values: Record<string, number> }
  | { change: 'bare-identity' });

/** Look-ups into the list of deviations. */
export class Deviations {
  constructor(private readonly list: Deviation[]) {}

  /** What a leafref stands for, or undefined when the list does not name it. */
  leafref(path: string): { identityBase?: string } | undefined {
    return this.list.find((entry) => entry.change === 'leafref' && entry.path === path) as { identityBase?: string } | undefined;
  }

  /** Values that an IANA registry added to an enumeration after the module was published. */
  extraEnums(type: string): Record<string, number> | undefined {
    const found = this.list.find((entry) => entry.change === 'enum' && entry.type === type);
    return found?.change === 'enum' ? found.values : undefined;
  }

  /** Whether a container (`module:name`) counts as a presence container. */
  isPresence(container: string): boolean {
    return this.list.some((entry) => entry.change === 'presence' && entry.containers.includes(container));
  }

  /** An XPath expression with the amendments applied. */
  expression(xpath: string): string {
    return this.list.reduce((text, entry) => {
      if (entry.change === 'when-path') return text.replace(entry.from, entry.to);
      if (entry.change === 'function') return text.replace(`${entry.from}(`, `${entry.to}(`);
      return text;
    }, xpath);
  }
}
