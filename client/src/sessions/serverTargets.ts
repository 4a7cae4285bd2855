import * as vscode from 'vscode';
import type { ServerProfile } from '#contract';
import { DotsError } from '#dots/model/errors';
import type { Permit } from '#dots/model/hostAddress';
import type { JsonObject } from '#dots/model/json';
import type { ClientCredentials } from '#dots/transport/certificates/credentials';
import { knownAddresses } from '#dots/transport/connect/resolve';
import { productionAt, productionGuard, productionReason } from '#dots/workspace/production';
import { confirmation } from '../ui/confirmation';
import { certificates, type Credentials } from './credentials';
import type { ClientIdentity } from './identity';
import type { OrchestratorHost } from '../orchestrator/orchestratorHost';
import { mockName, type Destination, type ProfileHost } from './profiles';

/** A server, and who this client is to it: settled, and permitted by the user where that has to be asked. */
export interface Place {
  /** The name of the profile, or `mock`. */
  name: string;
  server: string;
  cuid: string;
  /** What the workspace file says: the mid, or the sid, tsid or tmid. */
  mid?: number;
  production: boolean;
  /** Why it counts as production, where its own profile does not say so. */
  reason?: string;
  /** Keeps what was not meant for production from servers of production under other names; rejects with a DotsError `editor/production`. */
  permit?: Permit | undefined;
  /** What proves the client on the signal channel; none on a plain one. */
  credentials?: ClientCredentials;
  /** The files that prove it on the data channel. */
  files?: { ca: string; cert?: string; key?: string; crl?: string };
}

/** The code of the refusal of an address that turned out to be one of production. */
const unforeseen = 'editor/production';

/** Settles where a document goes: the profile of its workspace file, the active one, or the mock, which is started. */
export class Places {
  constructor(
    private readonly profiles: ProfileHost,
    private readonly orchestrator: OrchestratorHost,
    private readonly identity: ClientIdentity,
    private readonly credentials: Credentials,
  ) {}

  /** The place for a document; undefined where the user does not want it to go there after all. Throws a DotsError. */
  async placeFor(
    document: vscode.TextDocument,
    value: JsonObject,
    channel: 'signal' | 'data',
  ): Promise<Place | undefined> {
    if (!vscode.workspace.isTrusted)
      throw new DotsError(
        'usage',
        'editor/untrusted',
        'Nothing is sent while this folder is not trusted.',
        'Trust the folder first.',
      );
    const destination = await this.profiles.destinationToSend(document);
    const {
      context: { direction, workspaceFile, mid },
    } = destination;
    if (direction === 'status')
      throw new DotsError(
        'usage',
        'editor/status-document',
        'It came from a server, says the workspace file.',
        `Its "direction" stands in ${workspaceFile ?? ''}.`,
      );
    const place = await this.settled(destination, channel);
    const whole = mid === undefined ? place : { ...place, mid };
    return !whole.production || (await isMeant(whole, value)) ? whole : undefined;
  }

  /**
   * Does something at a place. Where its name turns out to lead to a server of production, the user is asked whether that is meant;
   * undefined where it is not. Throws what `action` throws.
   */
  async at<T>(place: Place, value: JsonObject, action: (place: Place) => Promise<T>): Promise<T | undefined> {
    try {
      return await action(place);
    } catch (error) {
      if (!(error instanceof DotsError) || error.code !== unforeseen) throw error;
      const meant: Place = { ...place, production: true, reason: error.message.replace(/\.$/, ''), permit: undefined };
      return (await isMeant(meant, value)) ? action(meant) : undefined;
    }
  }

  /** A server could not read what was protected with the pre-shared key of a place; a key that the system keeps stays kept. */
  keyRefused({ name, credentials }: Place): void {
    if (credentials !== undefined) this.credentials.refused(name, credentials);
  }

  private async settled(destination: Destination, channel: 'signal' | 'data'): Promise<Place> {
    const { name, profile, context } = destination;
    if (destination.missing) throw missing(destination);
    const cuid = context.cuid ?? profile?.cuid ?? (await this.identity.cuid());
    if (profile === undefined) return this.mock(cuid, channel);
    const server = profile[channel];
    if (server === undefined)
      throw new DotsError(
        'usage',
        'editor/no-address',
        `The profile "${name}" names no ${channel} channel.`,
        `Add "${channel}" to it.`,
      );
    const common = { name, server, cuid, ...this.productionOf(profile, server) };
    if (channel === 'data') return { ...common, files: filesOf(profile) };
    const credentials = await this.credentials.of(profile);
    return { ...common, ...(credentials && { credentials }) };
  }

  /** Whether a server is one of production; where that is not known before its name is looked up, what finds out. */
  private productionOf(
    { name, production }: ServerProfile,
    server: string,
  ): Pick<Place, 'production' | 'reason' | 'permit'> {
    const { all } = this.profiles;
    if (production) return { production };
    const reason = (by: { name: string }): string => productionReason(server, by.name, name);
    const by = productionAt(server, all);
    if (by !== undefined) return { production: true, reason: reason(by) };
    const permit = productionGuard(
      all,
      knownAddresses,
      (found) => new DotsError('usage', unforeseen, `${reason(found)}.`),
    );
    return { production, ...(permit && { permit }) };
  }

  private async mock(cuid: string, channel: 'signal' | 'data'): Promise<Place> {
    const { signal, coaps, data, ca, cert, key } = await this.orchestrator.start();
    const common = { name: mockName, cuid, production: false };
    if (channel === 'data') return { ...common, server: data, files: { ca, cert, key } };
    return coaps === undefined
      ? { ...common, server: signal }
      : { ...common, server: coaps, credentials: await certificates({ ca, cert, key }) };
  }
}

function missing({ name, byWorkspace }: Destination): DotsError {
  return new DotsError(
    'usage',
    'editor/no-profile',
    `There is no server profile "${name}"${byWorkspace ? ', which the workspace file names for it' : ''}.`,
    'Add it to your profiles file, or select another one.',
  );
}

function filesOf({ name, ca, certificate, key, crl }: ServerProfile): NonNullable<Place['files']> {
  if (ca === undefined)
    throw new DotsError(
      'usage',
      'editor/incomplete-profile',
      `The profile "${name}" names no CA that vouches for its server.`,
      'Give it "ca".',
    );
  return {
    ca,
    ...(certificate !== undefined && { cert: certificate }),
    ...(key !== undefined && { key }),
    ...(crl !== undefined && { crl }),
  };
}

async function isMeant(place: Place, value: JsonObject): Promise<boolean> {
  const { message, detail, action } = confirmation(place, value);
  return (await vscode.window.showWarningMessage(message, { modal: true, detail }, action)) === action;
}
