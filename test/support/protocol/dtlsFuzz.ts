import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import type { ClientCredentials } from '#dots/transport/certificates/credentials';
import { Association, type AssociationOwner } from '#dots/transport/dtls/association';
import { openContext } from '#dots/transport/dtls/context';
import { Engine } from '#dots/transport/dtls/engine';
import { ClientProof, ServerProof } from '#dots/transport/dtls/proof';
import { keyIdentity, pskIdentity } from '#dots/transport/certificates/certificateNames';
import { Random } from '../random';
import { FakeClock } from './fakeClock';
import type { Identity, TestPki } from './testPki';

export interface FuzzOptions {
  pki: TestPki;
  server: Identity;
  client: Identity;
  psk: { identity: string; key: Uint8Array };
  seed: number;
  /** How many handshakes are to be mutated after the cookie. */
  deep: number;
}

/**
 * What became of the handshakes: whole at both ends, of those resumed, with a message that came through; and the error
 * codes of those that failed.
 */
export interface FuzzTally {
  rounds: number;
  deep: number;
  whole: number;
  resumed: number;
  exchanged: number;
  failures: Record<string, number>;
}

/** A datagram changed somewhere: cut, bits flipped, a byte at an edge of its range, or the record made longer. */
export function mutated(bytes: Buffer, random: Random): Buffer {
  const copy = Buffer.from(bytes);
  const kind = random.below(6);
  if (kind === 0) return copy.subarray(0, 1 + random.below(copy.length));
  if (kind === 1 && copy.length > 30) {
    copy[13 + random.below(copy.length - 13)] = random.pick([0, 1, 127, 128, 255]);
    return copy;
  }
  if (kind === 2 && copy.length > 30 && copy.readUInt16BE(11) + 13 === copy.length) {
    const longer = Buffer.concat([
      copy,
      Buffer.from(Array.from({ length: random.below(40) }, () => random.below(256))),
    ]);
    longer.writeUInt16BE(longer.length - 13, 11);
    return longer;
  }
  for (let change = 0; change <= random.below(3); change++) copy[random.below(copy.length)]! ^= 1 << random.below(8);
  return copy;
}

type Side = 'client' | 'server';

/** One end of a handshake, and what it has heard. */
class End implements AssociationOwner {
  association!: Association;
  identity: string | undefined;
  code: string | undefined;
  readonly heard: string[] = [];

  constructor(private readonly send: (bytes: Buffer) => void) {}

  transmit(bytes: Buffer): void {
    this.send(bytes);
  }
  established(): void {
    this.identity = this.association.security.identity;
  }
  message(bytes: Buffer): void {
    this.heard.push(bytes.toString());
  }
  ended(error?: { code: string }): void {
    this.code = error?.code ?? 'goodbye';
  }
}

/**
 * Handshakes on a path in memory that changes what passes, the same for the same seed but for the secrets at both ends.
 */
class Path {
  readonly tally: FuzzTally = { rounds: 0, deep: 0, whole: 0, resumed: 0, exchanged: 0, failures: {} };
  private readonly random: Random;
  private saved: Buffer | undefined;

  constructor(
    private readonly options: FuzzOptions,
    private readonly clock: FakeClock,
    readonly engine: Engine,
    private readonly contexts: Record<Side | 'psk', number>,
  ) {
    this.random = new Random(options.seed);
  }

  /**
   * One handshake, and a message each way; `mutate` false leaves it as it is. Every datagram after the cookie may be
   * changed.
   */
  async round(mutate: boolean): Promise<boolean> {
    const { random, tally } = this;
    const [queue, kind, rate]: [{ to: Side; bytes: Buffer }[], string, number] = [
      [],
      random.pick(['certificate', 'psk', 'psk', 'ticket', 'ticket']),
      2 + random.below(5),
    ];
    let [started, deep, untilSure] = [false, false, random.below(4)];
    const spoil = (bytes: Buffer): Buffer => {
      if (!mutate || !started || (random.below(rate) > 0 && untilSure-- !== 0)) return bytes;
      deep = true;
      return mutated(bytes, random);
    };
    const [client, server] = [
      new End((bytes) => queue.push({ to: 'server', bytes })),
      new End((bytes) => queue.push({ to: 'client', bytes })),
    ];
    this.open(client, server, kind);
    const hear = (to: Side, bytes: Buffer): void => {
      if (to === 'client') client.association.receive(bytes);
      else if (started) server.association.receive(bytes);
      else started = server.association.greet('192.0.2.1:4646', bytes) === 'started';
    };
    const settle = async (): Promise<void> => {
      for (let tries = 0; tries < 3; tries++) {
        for (let next = queue.shift(); next !== undefined; next = queue.shift()) hear(next.to, spoil(next.bytes));
        if ((client.identity !== undefined && server.identity !== undefined) || client.association.ended) return;
        await this.clock.advance(1000 << tries);
      }
    };
    client.association.start();
    await settle();
    this.exchange(client, server);
    await settle();
    tally.rounds += 1;
    if (deep) tally.deep += 1;
    return this.judge(client, server, kind);
  }

  private open(client: End, server: End, kind: string): void {
    const {
      engine,
      clock,
      contexts,
      options: { pki, server: shown, psk },
    } = this;
    const credentials = {
      certificate: { ca: pki.ca.cert, cert: shown.cert, key: shown.key },
      psk: (identity: string) => (identity === psk.identity ? psk.key : undefined),
    };
    const known = { peerName: 'localhost', identity: keyIdentity(new X509Certificate(shown.cert).raw) };
    server.association = new Association(engine, contexts.server, clock, server, {
      role: 'server',
      proof: new ClientProof(credentials, clock),
    });
    const proof = new ServerProof(
      'localhost',
      kind === 'ticket' ? known : undefined,
      kind === 'psk' ? psk.identity : undefined,
    );
    client.association = new Association(engine, kind === 'psk' ? contexts.psk : contexts.client, clock, client, {
      role: 'client',
      peer: 'the server',
      proof,
      name: 'localhost',
    });
    if (kind === 'ticket' && this.saved !== undefined) client.association.resume(this.saved);
  }

  private exchange(client: End, server: End): void {
    if (client.association.established) client.association.send(Buffer.from('to the server'));
    if (server.association.established) server.association.send(Buffer.from('to the client'));
  }

  /**
   * An end that has succeeded has the true peer, and has heard what that has said or nothing. Whether a message came
   * through.
   */
  private judge(client: End, server: End, kind: string): boolean {
    const {
      tally,
      options: { server: shown, client: own, psk },
    } = this;
    const identityOf = ({ cert }: Identity): string =>
      kind === 'psk' ? pskIdentity(psk.identity) : keyIdentity(new X509Certificate(cert).raw);
    const where = `seed ${this.options.seed}, round ${tally.rounds}, ${kind}`;
    for (const [end, other, text] of [
      [client, shown, 'to the client'],
      [server, own, 'to the server'],
    ] as const) {
      if (end.identity !== undefined) assert.equal(end.identity, identityOf(other), where);
      assert.ok(
        end.heard.length === 0 || (end.heard.length === 1 && end.heard[0] === text),
        `${where}: ${end.heard.join()}`,
      );
      if (end.code !== undefined) tally.failures[end.code] = (tally.failures[end.code] ?? 0) + 1;
    }
    if (client.identity !== undefined && server.identity !== undefined) tally.whole += 1;
    const exchanged = server.heard.length === 1;
    if (exchanged) tally.exchanged += 1;
    if (client.association.established) {
      if (client.association.resumed) tally.resumed += 1;
      if (kind === 'certificate') this.saved ??= client.association.save(750);
    }
    client.association.discard();
    server.association.discard();
    return exchanged;
  }
}

/**
 * Mutates so many handshakes after the cookie, in both directions, and asserts that nobody is ever taken for somebody
 * else, and that nothing stays behind.
 */
export async function fuzzHandshakes(options: FuzzOptions): Promise<FuzzTally> {
  const { pki, server, client, psk } = options;
  const clock = new FakeClock(Date.now());
  const engine = await Engine.load(clock);
  const shows = ({ cert, key }: Identity): Extract<ClientCredentials, { certificate: unknown }> => ({
    certificate: { ca: pki.ca.cert, cert, key },
  });
  const contexts = {
    server: openContext(engine, 'server', { ...shows(server), psk: () => psk.key }),
    client: openContext(engine, 'client', shows(client)),
    psk: openContext(engine, 'client', { psk }),
  };
  const path = new Path(options, clock, engine, contexts);
  const memory = (): number => engine.calls.memory.buffer.byteLength;
  for (let count = 0; count < 20; count++) assert.ok(await path.round(false), 'a handshake that nobody touches');
  const before = memory();
  while (path.tally.deep < options.deep) await path.round(true);
  for (let count = 0; count < 20; count++)
    assert.ok(await path.round(false), 'a handshake that nobody touches, after all of them');
  assert.equal((engine as unknown as { hosts: Map<number, unknown> }).hosts.size, 0);
  assert.equal(clock.pending, 0);
  assert.ok(memory() - before <= 1 << 17, `${memory() - before} bytes more`);
  return path.tally;
}
