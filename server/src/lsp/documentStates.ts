import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { DocumentState, DocumentToSend, ProfilesInfo } from '#contract';
import { directionOf } from '#dots/model/direction';
import type { DocumentType } from '#dots/model/documents';
import type { Severity } from '#dots/model/finding';
import { destinationOf, type Destination, type KnownProfiles } from '#dots/workspace/destination';
import { shortName } from '#dots/workspace/documentSet';
import type { DocumentForm } from '#dots/workspace/fileNames';
import type { FileContext } from '#dots/workspace/workspaceFile';
import { isFile } from '#host/files';
import { withAbsolutePaths } from '#host/profilePaths';
import type { LanguageService, LocatedFinding } from '#service/service';
import type { Readings } from './documentCache';
import type { Governing, Workspaces } from './governingWorkspaces';
import type { Settings } from './settings';
import type { Judge } from './validator';

/** What the product's own files are called. */
const ownTitles: Readonly<Record<Exclude<DocumentForm, 'dots'>, string>> = {
  workspace: 'workspace file',
  profiles: 'server profiles',
};

/** What a document is, by its text. */
type Identity = Pick<DocumentState, 'kind' | 'title' | 'line'> & { type: DocumentType | undefined; form: DocumentForm };

const foreign: Identity = { kind: null, title: null, line: null, type: undefined, form: 'dots' };

/** What an editor is told of a document after its validation, and what it asks before it sends one. */
export class DocumentStates {
  constructor(
    private readonly service: LanguageService,
    private readonly readings: Readings,
    private readonly judge: Judge,
    private readonly settings: Settings,
    private readonly workspaces: Workspaces,
  ) {}

  /** The state of a document as its text is now, which has these findings. */
  async of(document: TextDocument, findings: readonly LocatedFinding[]): Promise<DocumentState> {
    const { uri, version } = document;
    const { type, form, ...identity } = this.identify(document);
    const byMembers = directionOf(this.readings.parsed(document).value);
    const { governing, context, said } = await this.judge.surroundings(uri);
    const direction = said.direction ?? byMembers ?? null;
    const counts = countsOf(findings);
    const isChecked = type === undefined || direction === 'request' || counts.error > 0;
    return {
      uri,
      version,
      ...identity,
      direction,
      counts,
      requestErrors: isChecked ? counts.error : countsOf(await this.judge.findings(document, 'request')).error,
      destination: form === 'dots' ? await this.destination(uri, type, governing, said) : null,
      ownPrefixes: [...context.ownPrefixes],
      targetRouter: governing.workspace.targetRouter ?? null,
    };
  }

  /** A document to be sent: its value, and its state with the files on disk as they are now. */
  async toSend(document: TextDocument): Promise<DocumentToSend> {
    const { version } = document;
    const { value = null } = this.readings.parsed(document);
    const findings = this.readings.isForeign(document) ? [] : await this.judge.findings(document);
    const state = await this.of(document, findings);
    // What was typed in the meantime would mix two versions.
    return document.version === version ? { state, value } : this.toSend(document);
  }

  /** The user's server profiles. */
  async profiles(): Promise<ProfilesInfo> {
    const { profiles, ...file } = await this.knownProfiles();
    return { ...file, profiles: [...profiles].map(([name, profile]) => ({ name, ...profile })) };
  }

  private identify(document: TextDocument): Identity {
    if (this.readings.isForeign(document)) return foreign;
    const { form } = this.readings.parsed(document);
    if (form !== 'dots') return { kind: form, title: ownTitles[form], line: null, type: undefined, form };
    const { type, line = null } = this.service.documentInfo(this.readings.parsed(document));
    return { kind: type?.kind ?? null, title: type?.title ?? null, line, type, form };
  }

  private async destination(
    uri: string,
    type: DocumentType | undefined,
    governing: Governing,
    context: FileContext,
  ): Promise<Destination> {
    return destinationOf({
      document: shortName(uri),
      channel: type?.channel ?? 'signal',
      workspace: { file: governing.path, faulty: governing.faulty, context },
      profiles: await this.knownProfiles(),
      activeProfile: this.settings.activeProfile,
    });
  }

  private async knownProfiles(): Promise<KnownProfiles> {
    const file = await this.settings.profilesFile();
    if (!this.settings.trusted) return { file, state: 'off', profiles: new Map() };
    const profiles = await this.workspaces.profiles(file);
    if (profiles === undefined) return { file, state: (await isFile(file)) ? 'faulty' : 'absent', profiles: new Map() };
    return { file, state: 'read', profiles: withAbsolutePaths(profiles, file) };
  }
}

function countsOf(findings: readonly LocatedFinding[]): Record<Severity, number> {
  const counts = { error: 0, warning: 0, information: 0, hint: 0 };
  for (const { severity } of findings) counts[severity] += 1;
  return counts;
}
