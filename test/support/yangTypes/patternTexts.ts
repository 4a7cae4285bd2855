/**
 * Texts at the borders of a regular expression of a YANG `pattern`: each makes every decision as an accepted text does
 * but one, which goes to a border or just across it: the ends of a character class and their neighbours, the least and
 * most repetitions and one beyond, each branch.
 */

type Part =
  | { of: 'branches'; branches: Part[] }
  | { of: 'sequence'; parts: Part[] }
  | { of: 'repeat'; part: Part; least: number; most: number }
  | { of: 'characters'; texts: string[] };

/** The borders of the two Unicode categories that RFC 6991 uses, in zone names. */
const categories: Record<string, string[]> = { L: ['a', 'é', '中'], N: ['7', '٣', '½'] };

/** Reads the parts of XSD patterns that the DOTS modules use. */
class Reader {
  private at = 0;

  constructor(private readonly pattern: string) {}

  branches(): Part {
    const branches = [this.sequence()];
    while (this.take('|')) branches.push(this.sequence());
    return { of: 'branches', branches };
  }

  private sequence(): Part {
    const parts: Part[] = [];
    while (this.at < this.pattern.length && !'|)'.includes(this.next)) parts.push(this.repeated(this.atom()));
    return { of: 'sequence', parts };
  }

  private atom(): Part {
    if (this.take('(?:') || this.take('(')) return this.group();
    if (this.take('[')) return this.characterClass();
    if (this.take('.')) return { of: 'characters', texts: ['1', 'x', 'é', '\n'] };
    return { of: 'characters', texts: this.character() };
  }

  private group(): Part {
    const inner = this.branches();
    this.take(')');
    return inner;
  }

  private characterClass(): Part {
    const negated = this.take('^');
    const texts: string[] = [];
    while (!this.take(']')) {
      const low = this.character();
      texts.push(...(this.take('-') ? around(low[0] ?? '', this.character()[0] ?? '') : low));
    }
    return { of: 'characters', texts: negated ? ['a', '0', 'é', ...texts] : texts };
  }

  /** One character, or those that represent a category. */
  private character(): string[] {
    const category = /^\\p\{(\w)\w?\}/.exec(this.pattern.slice(this.at));
    if (category !== null) {
      this.at += category[0].length;
      return categories[category[1] ?? ''] ?? [];
    }
    this.take('\\');
    return [this.pattern.charAt(this.at++)];
  }

  private repeated(part: Part): Part {
    if (this.take('*')) return { of: 'repeat', part, least: 0, most: Infinity };
    if (this.take('+')) return { of: 'repeat', part, least: 1, most: Infinity };
    if (this.take('?')) return { of: 'repeat', part, least: 0, most: 1 };
    const count = /^\{(\d+)(,?)(\d*)\}/.exec(this.pattern.slice(this.at));
    if (count === null) return part;
    this.at += count[0].length;
    const most = count[3] === '' ? (count[2] === '' ? Number(count[1]) : Infinity) : Number(count[3]);
    return { of: 'repeat', part, least: Number(count[1]), most };
  }

  private get next(): string {
    return this.pattern.charAt(this.at);
  }

  private take(text: string): boolean {
    const found = this.pattern.startsWith(text, this.at);
    if (found) this.at += text.length;
    return found;
  }
}

/** The ends of a range of characters, and the characters just outside. */
function around(low: string, high: string): string[] {
  const step = (text: string, by: number): string => String.fromCharCode(text.charCodeAt(0) + by);
  return [low, high, step(low, -1), step(high, 1)];
}

/** How often a part is repeated: the bounds, those just inside, and those just outside. */
function counts(least: number, most: number): number[] {
  const borders = most === Infinity ? [least, least + 1, least + 2] : [least, least + 1, most - 1, most, most + 1];
  return [...new Set([...borders, least - 1])].filter((count) => count >= 0);
}

/** Decisions of a text, by the order in which they come up; those after its end are the first choice. */
class Tape {
  /** How many choices there were at each decision. */
  readonly choices: number[] = [];

  constructor(readonly decisions: readonly number[]) {}

  choose<T>(options: readonly T[]): T {
    const decision = this.decisions[this.choices.length] ?? 0;
    this.choices.push(options.length);
    return options[decision % options.length] as T;
  }
}

function textOf(part: Part, tape: Tape): string {
  switch (part.of) {
    case 'branches':
      return textOf(tape.choose(part.branches), tape);
    case 'sequence':
      return part.parts.map((one) => textOf(one, tape)).join('');
    case 'repeat':
      return Array.from({ length: tape.choose(counts(part.least, part.most)) }, () => textOf(part.part, tape)).join('');
    case 'characters':
      return tape.choose(part.texts);
  }
}

/** Later decisions of a text are not varied: they repeat what earlier ones showed. */
const looked = 60;

/** The texts that differ from the one of these decisions in one of them. */
function variations(part: Part, decisions: readonly number[]): string[] {
  const { choices, text } = made(part, decisions);
  const others = choices.slice(0, looked).flatMap((options, at) =>
    Array.from({ length: options }, (_, choice) => {
      const changed = choices.map((count, index) => (index === at ? choice : (decisions[index] ?? 0) % count));
      return made(part, changed).text;
    }),
  );
  return [text, ...others];
}

function made(part: Part, decisions: readonly number[]): { text: string; choices: number[] } {
  const tape = new Tape(decisions);
  return { text: textOf(part, tape), choices: tape.choices };
}

/** So many accepted texts are tried, and the ones with the most decisions are varied. */
const [tried, varied] = [300, 3];

/**
 * Texts at, inside and outside the borders of a pattern.
 * @param pattern as in the YANG module
 * @param accepts whether a text is one from which the others are varied
 * @param below whole random numbers below a limit
 */
export function patternTexts(
  pattern: string,
  accepts: (text: string) => boolean,
  below: (limit: number) => number,
): string[] {
  const part = new Reader(pattern).branches();
  const seeds: { decisions: number[]; length: number }[] = [];
  for (let attempt = 0; attempt < 5_000 && seeds.length < tried; attempt++) {
    const decisions = Array.from({ length: 1 + below(40) }, () => below(12));
    const { text, choices } = made(part, decisions);
    if (accepts(text)) seeds.push({ decisions, length: Math.min(choices.length, looked) });
  }
  const longest = seeds.sort((one, other) => other.length - one.length).slice(0, varied);
  return [...new Set(longest.flatMap(({ decisions }) => variations(part, decisions)))];
}
