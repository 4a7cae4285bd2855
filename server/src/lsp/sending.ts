import { dirname, resolve } from 'node:path';
import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { DocumentContext, ProfilesInfo, ServerProfile } from '#contract';
import type { Profile } from '#service/service';
import { isFile } from '#host/files';
import type { Judge } from './validator';
import type { Settings } from './settings';
import type { Workspaces } from './governingWorkspaces';

/** What an editor asks before it sends a document: where to, as whom, and what speaks against it. */
export class Sending {
  constructor(
    private readonly judge: Judge,
    private readonly settings: Settings,
    private readonly workspaces: Workspaces,
  ) {}

  /** The context of a document; without its text nothing is known of its errors. */
  async context(uri: string, document: TextDocument | undefined): Promise<DocumentContext> {
    const { governing, context } = await this.judge.surroundings(uri);
    const findings = document === undefined ? undefined : await this.judge.findings(document, 'request');
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
    const profiles = await this.workspaces.profiles(file);
    if (profiles === undefined) return { file, state: (await isFile(file)) ? 'faulty' : 'absent', profiles: [] };
    return { file, state: 'read', profiles: [...profiles].map(([name, profile]) => withPaths(name, profile, file)) };
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
