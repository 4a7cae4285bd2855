import * as vscode from 'vscode';
import { DotsError } from '#dots/model/errors';
import type { Permit } from '#dots/model/hostAddress';
import type { JsonObject } from '#dots/model/json';
import { printable } from '#dots/model/text';
import type { ClientCredentials } from '#dots/transport/certificates/credentials';
import { knownAddresses } from '#dots/transport/connect/resolve';
import type { ClientLedger } from '#dots/signal/ledger';
import type { ProfilesInfo } from '#contract';
import {
  destinationError,
  destinationOf,
  type Channel,
  type Destination,
  type ServerTarget,
} from '#dots/workspace/destination';
import { mockName } from '#dots/workspace/fileNames';
import { productionGuard } from '#dots/workspace/production';
import { confirmation } from '../ui/confirmation';
import { certificates, type Credentials, type KeyPassword } from './credentials';
import type { ClientIdentity } from './identity';
import type { OrchestratorHost } from '../orchestrator/orchestratorHost';

/** A target with all that is needed to send to it, confirmed by the user if necessary. */
export interface SettledTarget extends ServerTarget {
  /** The name of the profile, or `mock`. */
  profile: string;
  cuid: string;
  /**
   * Prevents sending to production servers under other names without confirmation; rejects with a DotsError
   * `editor/production`.
   */
  permit?: Permit | undefined;
  /** The client's credentials on the signal channel; none on a plain one. */
  clientCredentials?: ClientCredentials;
  /** What is wrong with its credentials soon, such as a certificate that expires; one sentence each. */
  warnings?: readonly string[];
  /** The files of its credentials on the data channel, where it has some. */
  files?: { ca: string; cert?: string; key?: string; crl?: string } & KeyPassword;
}

/** A target before it is known as which client. */
type AnonymousTarget = Omit<SettledTarget, 'cuid'> & { cuid?: string };

/** The code of the refusal of an address that is that of a production server. */
const unforeseen = 'editor/production';

/** Prepares a target: starts the mock, gets the credentials, and asks the user to confirm a production server. */
export class ServerTargets {
  /** The warnings that were shown, each once while the editor runs. */
  private readonly warned = new Set<string>();

  constructor(
    private readonly orchestrator: OrchestratorHost,
    private readonly identity: ClientIdentity,
    private readonly credentials: Credentials,
  ) {}

  /** The target of a document; undefined if the user does not confirm it. Throws a DotsError. */
  async settle(destination: Destination, value: JsonObject, channel: Channel): Promise<SettledTarget | undefined> {
    if (destination.kind === 'none') throw destinationError(destination.problem);
    if (destination.kind === 'mock') return this.named(await this.mock(destination, channel));
    const proven = await this.proven({ ...destination, profile: destination.profile ?? '' }, channel);
    const warnings = await this.warnOf(proven);
    const target = guarded({ ...(await this.named(proven)), ...(warnings.length > 0 && { warnings }) });
    return target.production === undefined || (await isMeant(target, value)) ? target : undefined;
  }

  /**
   * The target of a profile as a client of the ledger, to read what its server has: nobody is asked for a secret or a
   * confirmation. undefined where the profile leads elsewhere now. Throws a DotsError.
   */
  async toAsk(profile: string, ledger: ClientLedger, known: ProfilesInfo): Promise<SettledTarget | undefined> {
    const destination = destinationIn(known, { profile, cuid: ledger.cuid }, 'signal');
    if (destination.kind !== 'server') return undefined;
    const { serverName } = await import('#lazy/protocol');
    if (serverName(destination.server, destination.credentials) !== ledger.server) return undefined;
    const target = await this.proven({ ...destination, profile }, 'signal', true);
    return { ...target, cuid: ledger.cuid };
  }

  /**
   * The data channel of a profile, or of the mock, as a client: nobody is asked for a secret or a confirmation. Throws
   * a DotsError.
   */
  async dataToAsk(profile: string, cuid: string, known: ProfilesInfo): Promise<SettledTarget> {
    return { ...(await this.toPlan(destinationIn(known, { profile, cuid }, 'data'), 'data')), cuid };
  }

  /**
   * A channel of a profile, or of the mock, to read from it: the user is asked for a secret where one is needed. Throws
   * a DotsError.
   */
  toTest(profile: string, channel: Channel, known: ProfilesInfo): Promise<SettledTarget> {
    return this.toPlan(destinationIn(known, { profile }, channel), channel, false);
  }

  /**
   * The target of a document, to say what sending it would do: nobody is asked for a confirmation. Throws a DotsError.
   * @param quiet whether nobody is asked for a secret either
   */
  async toPlan(destination: Destination, channel: Channel, quiet = true): Promise<SettledTarget> {
    if (destination.kind === 'none') throw destinationError(destination.problem);
    if (destination.kind === 'mock') return this.named(await this.mock(destination, channel));
    return this.named(await this.proven({ ...destination, profile: destination.profile ?? '' }, channel, quiet));
  }

  /** The target of the mock, which runs. Throws a DotsError. */
  async mockToAsk(): Promise<SettledTarget> {
    return this.named(await this.mock({ kind: 'mock' }, 'signal'));
  }

  /**
   * Runs an action with a target. If its name resolves to a production server, the user must confirm it; undefined if
   * not confirmed. Throws what `action` throws.
   */
  async at<T>(
    target: SettledTarget,
    value: JsonObject,
    action: (target: SettledTarget) => Promise<T>,
  ): Promise<T | undefined> {
    try {
      return await action(target);
    } catch (error) {
      if (!(error instanceof DotsError) || error.code !== unforeseen) throw error;
      const meant = { ...target, production: { reason: error.message.replace(/\.$/, '') }, permit: undefined };
      return (await isMeant(meant, value)) ? action(meant) : undefined;
    }
  }

  /** A server could not decrypt with the pre-shared key of a target; a stored key is kept. */
  keyRefused({ profile, clientCredentials }: SettledTarget): void {
    if (clientCredentials !== undefined) this.credentials.refused(profile, clientCredentials);
  }

  /** As the client that is configured, or as the one that follows from its credentials. */
  private async named(target: AnonymousTarget): Promise<SettledTarget> {
    return { ...target, cuid: target.cuid ?? (await this.identity.cuid(target)) };
  }

  private async proven(target: AnonymousTarget, channel: Channel, quiet = false): Promise<AnonymousTarget> {
    const password = this.credentials.passwordOf(target, quiet);
    if (channel === 'data') return { ...target, files: { ...filesOf(target), ...password } };
    const clientCredentials = await this.credentials.of(target, quiet);
    if (clientCredentials === undefined) return target;
    const files = target.credentials.ca !== undefined && { ...filesOf(target), ...password };
    return { ...target, clientCredentials, ...(files && { files }) };
  }

  /** What is wrong with the files of a profile soon: shown, and returned. */
  private async warnOf({ credentials, profile }: AnonymousTarget): Promise<string[]> {
    const { credentialWarnings } = await import('#lazy/protocol');
    const warnings = await credentialWarnings({ ...credentials, cert: credentials.certificate }, Date.now());
    for (const warning of warnings.filter((sentence) => !this.warned.has(sentence))) {
      this.warned.add(warning);
      void vscode.window.showWarningMessage(printable(`DOTS, profile "${profile}": ${warning}`));
    }
    return warnings;
  }

  private async mock(destination: Destination & { kind: 'mock' }, channel: Channel): Promise<AnonymousTarget> {
    const { coaps, coapsTcp, data, ca, cert, key } = await this.orchestrator.start();
    const signalServer = coaps ?? coapsTcp;
    const files = { ca, cert, key };
    const common = { ...destination, profile: mockName, credentials: {}, files };
    if (channel === 'data') return { ...common, server: data, signalServer };
    return { ...common, server: signalServer, clientCredentials: await certificates(files) };
  }
}

/** Where a channel of a profile leads. */
function destinationIn(known: ProfilesInfo, given: { profile: string; cuid?: string }, channel: Channel): Destination {
  return destinationOf({
    given,
    workspace: { faulty: false, context: {} },
    profiles: { ...known, profiles: new Map(known.profiles.map((each) => [each.name, each])) },
    document: `the profile "${given.profile}"`,
    channel,
  });
}

/** With the check whether its name resolves to a production server, if it is not known to be one. */
function guarded(target: SettledTarget): SettledTarget {
  const permit = productionGuard(
    target,
    knownAddresses,
    ({ reason }) => new DotsError('usage', unforeseen, `${reason}.`),
  );
  return permit === undefined ? target : { ...target, permit };
}

function filesOf({ profile, credentials }: AnonymousTarget): NonNullable<SettledTarget['files']> {
  const { ca, certificate, key, crl } = credentials;
  if (ca === undefined)
    throw new DotsError(
      'usage',
      'editor/incomplete-profile',
      `The profile "${profile}" names no CA for its server.`,
      'Add "ca".',
    );
  return {
    ca,
    ...(certificate !== undefined && { cert: certificate }),
    ...(key !== undefined && { key }),
    ...(crl !== undefined && { crl }),
  };
}

async function isMeant(target: SettledTarget, value: JsonObject): Promise<boolean> {
  const { message, detail, action } = confirmation(target, value);
  return (await vscode.window.showWarningMessage(message, { modal: true, detail }, action)) === action;
}
