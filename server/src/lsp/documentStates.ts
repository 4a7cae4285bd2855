import type { TextDocument } from 'vscode-languageserver-textdocument';
import type { DocumentState, DocumentToSend, ProfilesInfo } from '#contract';
import { directionOf } from '#dots/model/direction';
import type { DocumentType } from '#dots/model/documents';
import type { Severity } from '#dots/model/finding';
import { destinationOf, type Destination, type KnownProfiles } from '#dots/workspace/destination';
import { shortName } from '#dots/workspace/documentSet';
import type { DocumentForm } from '#dots/workspace/fileNames';
import type { FileContext, Profile } from '#dots/workspace/workspaceFile';
import type { DocumentCache } from '#host/documentCache';
import type { DocumentSets } from '#host/documentSets';
import { pathOf } from '#host/files';
import { pathInWorkspace, type GoverningWorkspace, type GoverningWorkspaces } from '#host/governingWorkspaces';
import { withAbsolutePaths } from '#host/profilePaths';
import type { Validator } from '#host/validator';
import type { LanguageService, LocatedFinding } from '#service/service';
import type { Settings } from './settings';

/** The names of the product's own files. */
const ownTitles: Readonly<Record<Exclude<DocumentForm, 'dots'>, string>> = {
  workspace: 'workspace file',
  profiles: 'server profiles',
  clients: 'clients of a server',
  policy: 'policy of an orchestrator',
};

/** The kind of a document, by its text. */
type Identity = Pick<DocumentState, 'kind' | 'title' | 'line'> & { type: DocumentType | undefined; form: DocumentForm };

const foreign: Identity = { kind: null, title: null, line: null, type: undefined, form: 'dots' };

/** The state of a document that the editor receives after its validation, and requests before sending it. */
export class DocumentStates {
  constructor(
    private readonly service: LanguageService,
    private readonly cache: DocumentCache,
    private readonly validator: Validator,
    private readonly settings: Settings,
    private readonly workspaces: GoverningWorkspaces,
  ) {}

  /** The state of a document with its current text and these findings. */
  async of(document: TextDocument, findings: readonly LocatedFinding[], known?: DocumentSets): Promise<DocumentState> {
    const { uri, version } = document;
    const { type, form, ...identity } = this.identify(document);
    const byMembers = directionOf(this.cache.parsed(document).value);
    const sets = known ?? (await this.validator.now());
    const governing = sets.governing(uri);
    const said = governing.workspace.contextOf(pathInWorkspace(governing.path, pathOf(uri) ?? uri));
    const direction = said.direction ?? byMembers ?? null;
    const counts = countsOf(findings);
    const isChecked = type === undefined || direction === 'request' || counts.error > 0;
    return {
      uri,
      version,
      ...identity,
      direction,
      counts,
      requestErrors: isChecked ? counts.error : await this.requestErrors(document, sets),
      destination: form === 'dots' ? await this.destination(uri, type, governing, said) : null,
      ownPrefixes: [...sets.context(uri).ownPrefixes],
      targetRouter: governing.workspace.targetRouter ?? null,
    };
  }

  /** A document to be sent: its value, and its state together with all related documents, with the current files. */
  async toSend(document: TextDocument): Promise<DocumentToSend> {
    const { uri, version } = document;
    const { value = null } = this.cache.parsed(document);
    const sets = await this.validator.loaded(uri);
    const findings = this.cache.isForeign(document) ? [] : await this.validator.findings(document, {}, sets);
    const state = await this.of(document, findings, sets);
    // An edit in the meantime would mix two versions.
    if (document.version !== version) return this.toSend(document);
    return { state, value, aliases: this.validator.aliases(document, sets) };
  }

  /** The user's server profiles. */
  async profiles(): Promise<ProfilesInfo> {
    const { profiles, ...file } = await this.knownProfiles();
    return { ...file, profiles: [...profiles].map(([name, profile]) => ({ name, ...profile })) };
  }

  private identify(document: TextDocument): Identity {
    if (this.cache.isForeign(document)) return foreign;
    const { form } = this.cache.parsed(document);
    if (form !== 'dots') return { kind: form, title: ownTitles[form], line: null, type: undefined, form };
    const { type, line = null } = this.service.documentInfo(this.cache.parsed(document));
    return { kind: type?.kind ?? null, title: type?.title ?? null, line, type, form };
  }

  private async destination(
    uri: string,
    type: DocumentType | undefined,
    governing: GoverningWorkspace,
    context: FileContext,
  ): Promise<Destination> {
    return destinationOf({
      document: shortName(uri),
      channel: type?.channel ?? 'signal',
      workspace: { file: governing.path, faulty: governing.isBroken, context },
      profiles: await this.knownProfiles(),
      activeProfile: this.settings.activeProfile,
    });
  }

  private async requestErrors(document: TextDocument, sets: DocumentSets): Promise<number> {
    return countsOf(await this.validator.findings(document, { direction: 'request' }, sets)).error;
  }

  private async knownProfiles(): Promise<KnownProfiles> {
    const file = await this.settings.profilesFile();
    if (!this.settings.trusted) return { file, state: 'off', profiles: new Map() };
    const { state, profiles = new Map<string, Profile>() } = this.workspaces.profiles(file);
    return { file, state, profiles: withAbsolutePaths(profiles, file) };
  }
}

function countsOf(findings: readonly LocatedFinding[]): Record<Severity, number> {
  const counts = { error: 0, warning: 0, information: 0, hint: 0 };
  for (const { severity } of findings) counts[severity] += 1;
  return counts;
}
