import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as vscode from 'vscode';
import type { ProfilesInfo } from '#contract';
import { writeFileAtomically } from '#dots/runtime/atomicFile';
import type { ActiveProfile } from '../editor/activeProfile';
import type { LanguageServer } from '../editor/languageClient';
import { showFailure } from '../editor/problems';
import { profileItems, template } from '../ui/profilePick';

const unread: ProfilesInfo = { file: '', state: 'off', profiles: [] };

/** The server profiles of the user: lets the user select the active one, and opens their file. */
export class ProfileHost {
  constructor(
    private readonly language: LanguageServer,
    private readonly active: ActiveProfile,
    private readonly log: vscode.LogOutputChannel,
  ) {}

  /** The current profiles. */
  async read(): Promise<ProfilesInfo> {
    return (await this.language.profiles()) ?? unread;
  }

  /** Lets the user select the active profile. */
  async select(): Promise<void> {
    const picked = await vscode.window.showQuickPick(profileItems(await this.read(), this.active.name), {
      title: 'DOTS: Server Profile',
      placeHolder: 'The target of requests, aliases and ACLs of this workspace',
      matchOnDescription: true,
    });
    if (picked?.choice.kind === 'file') await this.openFile();
    else if (picked !== undefined) await this.active.select(picked.choice.name);
  }

  /** Opens the profiles file; if there is none, one is created from a template first. */
  async openFile(): Promise<void> {
    try {
      const { file, state } = await this.read();
      if (state === 'absent') await make(file);
      await vscode.window.showTextDocument(vscode.Uri.file(file));
    } catch (error) {
      showFailure(this.log, 'The profiles file could not be opened.', error);
    }
  }
}

/** Registers the commands about server profiles. */
export function registerProfiles(profiles: ProfileHost): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.commands.registerCommand('dots.selectProfile', () => profiles.select()),
    vscode.commands.registerCommand('dots.openProfiles', () => profiles.openFile()),
  );
}

/** Writes the template if there is no file; only the user may read it. */
async function make(file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFileAtomically(file, template);
}
