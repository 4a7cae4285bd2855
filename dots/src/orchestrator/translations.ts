import { translate, type FlowspecInput, type FlowspecRule } from '#dots/flowspec/translate';

/** How many results are kept. */
const mostKept = 1000;

/** The rules of documents: those that were translated lately are not translated again. */
export class Translations {
  private readonly kept = new Map<string, readonly FlowspecRule[]>();

  /** The rules of documents that are translated together, in their order. */
  of(inputs: readonly FlowspecInput[]): readonly FlowspecRule[] {
    const key = JSON.stringify(inputs);
    const known = this.kept.get(key) ?? translate(inputs).rules;
    this.kept.delete(key);
    this.kept.set(key, known);
    for (const oldest of this.kept.keys()) {
      if (this.kept.size <= mostKept) break;
      this.kept.delete(oldest);
    }
    return known;
  }
}
