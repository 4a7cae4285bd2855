import { homedir } from 'node:os';
import { DidChangeConfigurationNotification, type Connection, type InitializeParams } from 'vscode-languageserver/node';
import type { Level } from '#dots/check/check';
import { isObject } from '#dots/model/json';
import { defaultProfilesFile } from '#host/files';

/** The editor's `initializationOptions`. */
export interface StartOptions {
  /** Used if the editor has no `dots.level` setting. */
  level: Level;
  /** Who reports syntax errors of plain JSON files: an editor may have its own JSON server. */
  syntax: 'server' | 'editor';
  /** Used if the editor has no `dots.profilesFile` setting. */
  profilesFile: string | undefined;
  /** false: the open folder is not trusted, and profiles are not read until it is. */
  trusted: boolean;
  /** The profile of documents that have none otherwise. */
  activeProfile: string | undefined;
}

/** Reads `initializationOptions`; unknown members and values are ignored. */
export function startOptions({ initializationOptions: given }: InitializeParams): StartOptions {
  const options: Record<string, unknown> = isObject(given) ? given : {};
  return {
    level: levelOf(options.level) ?? 'practice',
    syntax: options.syntax === 'editor' ? 'editor' : 'server',
    profilesFile: pathIn(options.profilesFile),
    trusted: options.trusted !== false,
    activeProfile: typeof options.activeProfile === 'string' ? options.activeProfile : undefined,
  };
}

/** The settings of the editor, requested from it if it supports that. */
export class Settings {
  private readonly levels = new Map<string, Promise<Level>>();
  private profiles: Promise<string> | undefined;

  /** Whether the open folder is trusted; until then, server profiles are not used. */
  trusted: boolean;

  /** The profile of documents that have none otherwise, from the editor. */
  activeProfile: string | undefined;

  constructor(
    private readonly connection: Connection,
    private readonly params: InitializeParams,
    private readonly fallback: StartOptions,
  ) {
    this.trusted = fallback.trusted;
    this.activeProfile = fallback.activeProfile;
  }

  /** Registers for changes; each change clears cached settings, then calls the listener. */
  async watch(changed: () => void): Promise<void> {
    this.connection.onDidChangeConfiguration(() => {
      this.levels.clear();
      this.profiles = undefined;
      changed();
    });
    if (this.params.capabilities.workspace?.didChangeConfiguration?.dynamicRegistration === true) {
      await this.connection.client.register(DidChangeConfigurationNotification.type, { section: 'dots' });
    }
  }

  /** The level for a document. */
  level(uri: string): Promise<Level> {
    if (this.params.capabilities.workspace?.configuration !== true) return Promise.resolve(this.fallback.level);
    const known = this.levels.get(uri);
    if (known !== undefined) return known;
    const asked = this.ask(uri);
    this.levels.set(uri, asked);
    return asked;
  }

  /** The path of the user's file of server profiles (`dots.profilesFile`); it need not exist. */
  profilesFile(): Promise<string> {
    return (this.profiles ??= this.askProfiles());
  }

  /** Removes a closed document. */
  forget(uri: string): void {
    this.levels.delete(uri);
  }

  private async ask(scopeUri: string): Promise<Level> {
    try {
      return (
        levelOf(await this.connection.workspace.getConfiguration({ scopeUri, section: 'dots.level' })) ??
        this.fallback.level
      );
    } catch {
      return this.fallback.level;
    }
  }

  private async askProfiles(): Promise<string> {
    const fallback = this.fallback.profilesFile ?? defaultProfilesFile();
    if (this.params.capabilities.workspace?.configuration !== true) return fallback;
    try {
      return pathIn(await this.connection.workspace.getConfiguration({ section: 'dots.profilesFile' })) ?? fallback;
    } catch {
      return fallback;
    }
  }
}

function levelOf(value: unknown): Level | undefined {
  return value === 'practice' || value === 'strict' ? value : undefined;
}

/** A path in a setting; `~` at its start is the user's home folder. */
function pathIn(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.replace(/^~(?=[/\\]|$)/, homedir()) : undefined;
}
