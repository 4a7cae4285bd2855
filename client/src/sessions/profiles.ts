import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as vscode from 'vscode';
import type { DocumentContext, ProfilesInfo, ServerProfile } from '#contract';
import { DotsError } from '#dots/model/errors';
import { writeFileAtomically } from '#dots/runtime/atomicFile';
import { profileItems, template, type ProfileChoice } from '../ui/profilePick';
import type { LanguageServer } from '../editor/languageClient';
import { tellFailure } from '../editor/problems';

const activeKey = 'dots.activeProfile';

/** How the embedded mock is called among the servers. */
export const mockName = 'mock';

/** Where a document would go. */
export interface Destination {
  /** The name of the profile, or `mock`. */
  name: string;
  /** The profile; undefined for the mock, and for one that is not there. */
  profile: ServerProfile | undefined;
  /** A profile is named, and there is none of this name. */
  missing: boolean;
  /** The workspace file says so, and not the active profile. */
  byWorkspace: boolean;
  context: DocumentContext;
}

const unknownContext: DocumentContext = { ownPrefixes: [], requestErrors: null };

/** The server profiles of the user, and which of them is active in this workspace: the mock unless another one was selected. */
export class ProfileHost implements vscode.Disposable {
  private known: ProfilesInfo = { file: '', state: 'off', profiles: [] };
  private pending: NodeJS.Timeout | undefined;
  private readonly changed = new vscode.EventEmitter<void>();
  private readonly listeners: vscode.Disposable[];
  readonly onDidChange = this.changed.event;

  constructor(
    private readonly language: LanguageServer,
    private readonly memory: vscode.Memento,
    private readonly log: vscode.LogOutputChannel,
  ) {
    const readSoon = ({ uri }: { uri: vscode.Uri }): void => {
      if (/\/dots\.(workspace|profiles)\.json$/.test(uri.path)) this.readSoon();
    };
    const watcher = vscode.workspace.createFileSystemWatcher('**/dots.workspace.json');
    const soon = (): void => this.readSoon();
    this.listeners = [
      watcher,
      watcher.onDidCreate(soon),
      watcher.onDidChange(soon),
      watcher.onDidDelete(soon),
      vscode.workspace.onDidChangeTextDocument(({ document }) => readSoon(document)),
      vscode.workspace.onDidSaveTextDocument(readSoon),
      vscode.workspace.onDidGrantWorkspaceTrust(soon),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('dots.profilesFile')) this.readSoon();
      }),
    ];
    void this.read();
  }

  /** The name of the active profile, or `mock`. */
  get active(): string {
    return this.memory.get<string>(activeKey) ?? mockName;
  }

  /** All profiles, as last read. */
  get all(): readonly ServerProfile[] {
    return this.known.profiles;
  }

  /** The profile of a name, as last read. */
  profile(name: string): ServerProfile | undefined {
    return this.known.profiles.find((profile) => profile.name === name);
  }

  /** Where a document would go: the profile that its workspace file names for it counts before the active one. */
  async destination(document: vscode.TextDocument, token?: vscode.CancellationToken): Promise<Destination> {
    return this.leading((await this.language.documentContext(document.uri, token)) ?? unknownContext);
  }

  /** The same for sending: read at this moment. Throws a DotsError where the language server does not tell what the workspace file says. */
  async destinationToSend(document: vscode.TextDocument): Promise<Destination> {
    const info = await this.language.profiles();
    const context = await this.language.documentContext(document.uri);
    if (info === undefined || context === undefined) {
      throw new DotsError(
        'usage',
        'editor/no-language-server',
        'The language server does not answer, so nobody can tell where the workspace file wants it to go.',
        'Reload the window, and see the DOTS log.',
      );
    }
    this.take(info);
    return this.leading(context);
  }

  private leading(context: DocumentContext): Destination {
    const name = context.profile ?? this.active;
    const profile = name === mockName ? undefined : this.profile(name);
    return {
      name,
      profile,
      missing: profile === undefined && name !== mockName,
      byWorkspace: context.profile !== undefined,
      context,
    };
  }

  /** Lets the user select the active profile. */
  async select(): Promise<void> {
    await this.read();
    const picked = await vscode.window.showQuickPick(profileItems(this.known, this.active), {
      title: 'DOTS: Server Profile',
      placeHolder: 'Where requests, aliases and ACLs of this workspace go',
      matchOnDescription: true,
    });
    if (picked !== undefined) await this.choose(picked.choice);
  }

  /** Opens the profiles file; where there is none, one is made of a template first. */
  async openFile(): Promise<void> {
    try {
      const { file, state } = await this.read();
      if (state === 'absent') await make(file);
      await vscode.window.showTextDocument(vscode.Uri.file(file));
      if (state === 'absent') await this.read();
    } catch (error) {
      tellFailure(this.log, 'The profiles file could not be opened.', error);
    }
  }

  dispose(): void {
    clearTimeout(this.pending);
    for (const listener of this.listeners) listener.dispose();
    this.changed.dispose();
  }

  private async choose(choice: ProfileChoice): Promise<void> {
    if (choice.kind === 'file') return this.openFile();
    await this.memory.update(activeKey, choice.name === mockName ? undefined : choice.name);
    this.changed.fire();
  }

  /** A little later, for both files change by the letter. */
  private readSoon(): void {
    clearTimeout(this.pending);
    this.pending = setTimeout(() => void this.read(), 300);
  }

  /** Reads the profiles again; what changed is told. */
  async read(): Promise<ProfilesInfo> {
    this.take((await this.language.profiles()) ?? this.known);
    return this.known;
  }

  private take(info: ProfilesInfo): void {
    this.known = info;
    this.changed.fire();
  }
}

export function registerProfiles(profiles: ProfileHost): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.commands.registerCommand('dots.selectProfile', () => profiles.select()),
    vscode.commands.registerCommand('dots.openProfiles', () => profiles.openFile()),
  );
}

/** Writes the template where no file is; only the user may read it. */
async function make(file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFileAtomically(file, template);
}
