import type { Family } from '#dots/model/prefix';
import { equals } from '../packets/draft';
import type { Remark, Findings } from './findings';
import { asBits, asNumber, type Located } from './values';
import type { Component, NumericType, Place } from '../bgp/rule';

/** The names of the fields that Flowspec cannot match; a rule without one would match more than intended. */
const inexpressible: Record<string, string> = {
  ecn: 'the ECN bits',
  ttl: 'the time to live',
  ihl: 'the header length',
  offset: 'the fragment offset',
  identification: 'the identification',
  'sequence-number': 'the sequence number',
  'acknowledgement-number': 'the acknowledgement number',
  'data-offset': 'the data offset',
  reserved: 'the reserved bits',
  'window-size': 'the window size',
  'urgent-pointer': 'the urgent pointer',
  options: 'TCP options',
  'udp-length': 'the UDP length (use the packet length instead)',
  'rest-of-header': 'the rest of the ICMP header',
  eth: 'Ethernet headers',
};

/** The match of one ACE in one family while it is built. Once something has failed, the ACE has no rule. */
export class Match {
  failed = false;
  /** Whether a packet can match. */
  possible = true;
  private readonly parts = new Map<number, Component>();

  constructor(
    readonly family: Family,
    readonly report: Findings,
    readonly label: string,
    private readonly ace: Place,
  ) {}

  /** The components in the order of their types. */
  get components(): Component[] {
    return [...this.parts.values()].sort((a, b) => a.type - b.type);
  }

  set(component: Component): void {
    this.parts.set(component.type, component);
  }

  get(type: Component['type']): Component | undefined {
    return this.parts.get(type);
  }

  /** Reports why the ACE has no rule. */
  fail(located: Located, code: Remark['code'], rfc: string, message: string, atName = false): void {
    this.failed = true;
    this.report.error(located, code, rfc, `${message} ${this.label} has no rule.`, atName);
  }

  /** A field that has no component. */
  cannot(located: Located, field: string): void {
    this.fail(
      located,
      'flowspec/not-expressible',
      '8955 4.2.2',
      `Flowspec cannot match ${inexpressible[field] ?? field}.`,
      true,
    );
  }

  /** An unknown member, which may be intended to narrow the match. */
  unknown(located: Located, name: string): void {
    this.fail(
      located,
      'flowspec/unknown-member',
      '8783 4.2',
      `"${name}" is not known here, and a rule without it could match more than intended.`,
      true,
    );
  }

  number(located: Located, most: number, least = 0): number | undefined {
    const value = asNumber(located, most, this.report, least);
    if (value === undefined) this.failed = true;
    return value;
  }

  bits(located: Located, known: readonly string[]): Set<string> | undefined {
    const value = asBits(located, known, this.report);
    if (value === undefined) this.failed = true;
    return value;
  }

  /** Requires the protocol of a transport container; with another one beside it no packet matches. */
  demandProtocol(located: Located, protocol: number, name: string): void {
    const given = this.get(3);
    const value = given !== undefined && 'anyOf' in given ? given.anyOf[0]?.[0]?.value : undefined;
    if (value === undefined || value === protocol) this.set(equals(3, protocol));
    else this.contradict(located, `"${name}" means protocol ${protocol}, but "protocol" is ${value}`);
  }

  /** Reports that no packet can match, so that the ACE needs no rule. */
  private contradict(located: Located, why: string): void {
    this.possible = false;
    this.report.exclude(
      this.ace,
      {
        code: 'flowspec/protocol-conflict',
        severity: 'warning',
        rfc: '8783 4.2',
        message: `${why}: no packet matches, so ${this.label} has no rule.`,
        atName: true,
      },
      located,
    );
  }
}

/** What to do with each member of a container. */
export type MemberReaders = Readonly<Record<string, (located: Located, match: Match) => void>>;

/** Calls the reader of each member; members without one make the match fail. */
export function readMembers(list: readonly [string, Located][], readers: MemberReaders, match: Match): void {
  for (const [name, located] of list) {
    const read = Object.hasOwn(readers, name) ? readers[name] : undefined;
    if (read === undefined) match.unknown(located, name);
    else read(located, match);
  }
}

/** A reader for a member that must equal one number in the packet; `plus` converts it to the number in Flowspec. */
export function equal(type: NumericType, most: number, plus = 0): MemberReaders[string] {
  return (located, match) => {
    const value = match.number(located, most);
    if (value !== undefined) match.set(equals(type, value + plus));
  };
}

/** A reader for a field that Flowspec cannot express. */
export function cannot(field: string): MemberReaders[string] {
  return (located, match) => match.cannot(located, field);
}
