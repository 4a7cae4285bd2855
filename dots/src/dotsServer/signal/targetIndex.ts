import { itemsOf, type JsonObject } from '#dots/model/json';
import { parsePrefix, type Prefix } from '#dots/model/prefix';
import { KeySets, PrefixSets } from '#dots/model/prefixSets';
import { selectors, targetForm, type Selector } from '#dots/model/sharedTargets';

/**
 * Scopes by their targets. What overlaps a scope is found by binary search: an entry more costs no comparison more,
 * unless it overlaps. (Adding an entry moves those behind it in a sorted array, which is one copy of memory.)
 */
export class TargetIndex {
  private readonly prefixes = new PrefixSets();
  private readonly names = new KeySets();
  private readonly scopes = new Map<string, JsonObject>();

  /** Sets the scope of a key; undefined removes the key. */
  set(key: string, scope: JsonObject | undefined): void {
    const before = this.scopes.get(key);
    if (before !== undefined) for (const target of targetsOf(before)) this.remove(target, key);
    if (scope === undefined) return void this.scopes.delete(key);
    this.scopes.set(key, scope);
    for (const target of targetsOf(scope)) this.add(target, key);
  }

  /** The keys of scopes that share a target with this one, each at least once. */
  *overlapping(scope: JsonObject): Generator<string> {
    for (const target of targetsOf(scope))
      if ('prefix' in target) yield* this.prefixes.overlapping(target.prefix);
      else yield* this.names.get(target.name);
  }

  private add(target: Target, key: string): void {
    if ('prefix' in target) this.prefixes.add(target.prefix, key);
    else this.names.add(target.name, key);
  }

  private remove(target: Target, key: string): void {
    if ('prefix' in target) this.prefixes.delete(target.prefix, key);
    else this.names.delete(target.name, key);
  }
}

/** A prefix, or a name with its member, in the form in which names are compared. */
type Target = { prefix: Prefix } | { name: string };

function targetsOf(scope: JsonObject): Target[] {
  return selectors.flatMap((member) =>
    itemsOf(scope[member])
      .filter((item) => typeof item === 'string')
      .flatMap((text) => targetOf(member, text)),
  );
}

function targetOf(member: Selector, text: string): Target[] {
  if (member !== 'target-prefix') return [{ name: `${member} ${targetForm(member, text)}` }];
  const prefix = parsePrefix(text);
  return prefix === undefined ? [] : [{ prefix }];
}
