import { dirname, resolve } from 'node:path';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { DocumentContext, ProfilesInfo, ServerProfile } from '#contract';
import type { Profile } from '#service/service';
import type { GoverningWorkspaces } from '#host/governingWorkspaces';
import type { Validator } from '#host/validator';
import type { Settings } from './settings';

/** What an editor asks before it sends a document: where to, as whom, and what speaks against it. */
export class Sending {
  constructor(
    private readonly validator: Validator,
    private readonly settings: Settings,
    private readonly workspaces: GoverningWorkspaces,
  ) {}

  /** The context of a document; without its text nothing is known of its errors. */
  async context(uri: string, document: TextDocument | undefined): Promise<DocumentContext> {
    const sets = await this.validator.now();
    const [governing, context] = [sets.governing(uri), sets.context(uri)];
    const findings =
      document === undefined ? undefined : await this.validator.findings(document, { direction: 'request' }, sets);
    return {
      ...context,
      ownPrefixes: [...context.ownPrefixes],
      requestErrors: findings?.filter(({ severity }) => severity === 'error').length ?? null,
      ...(governing.path !== undefined && { workspaceFile: governing.path }),
      ...(governing.workspace.targetRouter !== undefined && { targetRouter: governing.workspace.targetRouter }),
    };
  }

  /** The user's server profiles. */
  async profiles(): Promise<ProfilesInfo> {
    const file = await this.settings.profilesFile();
    if (!this.settings.trusted) return { file, state: 'off', profiles: [] };
    const { state, profiles = new Map<string, Profile>() } = this.workspaces.profiles(file);
    return { file, state, profiles: [...profiles].map(([name, profile]) => withPaths(name, profile, file)) };
  }
}

/** A profile whose paths are absolute. */
function withPaths(
  name: string,
  { ca, certificate, key, crl, signal, data, pskIdentity, cuid, production }: Profile,
  file: string,
): ServerProfile {
  const absolute = (path: string | undefined): string | undefined =>
    path === undefined ? undefined : resolve(dirname(file), path);
  const all = {
    signal,
    data,
    pskIdentity,
    cuid,
    ca: absolute(ca),
    certificate: absolute(certificate),
    key: absolute(key),
    crl: absolute(crl),
  };
  return { name, production, ...Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined)) };
}
