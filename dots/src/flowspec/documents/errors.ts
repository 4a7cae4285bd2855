import type { Fault } from '#dots/model/finding';
import { parent } from '#dots/model/pointer';
import type { Place } from '../bgp/rule';
import { placeKey } from './findings';
import { unitsTouched } from './units';

/** The errors that validation found in the documents: the parts that they may concern become no rules. */
export class DocumentErrors {
  private readonly units = new Map<string, Fault>();

  /** The keys of the units that they may concern. */
  get keys(): Iterable<string> {
    return this.units.keys();
  }

  /** Adds the errors of a document. */
  add(file: string, errors: readonly Fault[]): void {
    for (const fault of errors)
      for (const pointer of unitsTouched(fault)) {
        const key = placeKey({ file, pointer });
        if (!this.units.has(key)) this.units.set(key, fault);
      }
  }

  /** An error that may concern a place; undefined if there is none. */
  touching({ file, pointer }: Place): Fault | undefined {
    if (this.units.size === 0) return undefined;
    const fault = this.units.get(placeKey({ file, pointer }));
    return fault ?? (pointer === '' ? undefined : this.touching({ file, pointer: parent(pointer) }));
  }
}
