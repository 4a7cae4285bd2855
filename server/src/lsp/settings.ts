import { homedir } from 'node:os';
import {
  DidChangeConfigurationNotification,
  MessageType,
  ShowMessageNotification,
  type Connection,
  type InitializeParams,
} from 'vscode-languageserver/node';
import type { Level } from '#dots/check/check';
import { isObject } from '#dots/model/json';
import { severitySettings, type SeveritySettings } from '#dots/workspace/severitySettings';
import type { HintSettings } from '#service/service';
import { defaultProfilesFile } from '#host/files';

/** The editor's `initializationOptions`. */
export interface StartOptions {
  /** Used if the editor has no `dots.level` setting. */
  level: Level;
  /** Who reports syntax errors of plain JSON files: an editor may have its own JSON server. */
  syntax: 'server' | 'editor';
  /** Used if the editor has no `dots.severities` setting, and what is wrong with them. */
  severities: SeveritySettings;
  faults: readonly string[];
  /** Used if the editor has no `dots.inlayHints` settings. */
  hints: HintSettings;
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
  const { settings: severities, faults } = severitySettings(options.severities);
  return {
    severities,
    faults,
    hints: hintsOf(options.inlayHints),
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
  private readonly severitiesOf = new Map<string, Promise<SeveritySettings>>();
  private readonly reported = new Set<string>();
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
      this.severitiesOf.clear();
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
    this.severitiesOf.delete(uri);
  }

  /** The severities that the user sets for a document by code (`dots.severities`); unknown codes are refused. */
  severities(uri: string): Promise<SeveritySettings> {
    if (this.params.capabilities.workspace?.configuration !== true) return Promise.resolve(this.fallback.severities);
    const known = this.severitiesOf.get(uri) ?? this.askSeverities(uri);
    this.severitiesOf.set(uri, known);
    return known;
  }

  /** Which hints are shown in a document (`dots.inlayHints`); initially those of protocols only. */
  async hints(scopeUri: string): Promise<HintSettings> {
    if (this.params.capabilities.workspace?.configuration !== true) return this.fallback.hints;
    const value: unknown = await this.connection.workspace
      .getConfiguration({ scopeUri, section: 'dots.inlayHints' })
      .catch(() => null);
    return hintsOf(value ?? this.fallback.hints);
  }

  private async askSeverities(scopeUri: string): Promise<SeveritySettings> {
    const value: unknown = await this.connection.workspace
      .getConfiguration({ scopeUri, section: 'dots.severities' })
      .catch(() => null);
    if (value === null || value === undefined) return this.fallback.severities;
    const { settings, faults } = severitySettings(value);
    this.report(faults);
    return settings;
  }

  /** Shows each fault of the settings once. */
  report(faults: readonly string[]): void {
    for (const fault of faults.filter((each) => !this.reported.has(each))) {
      this.reported.add(fault);
      const shown = this.connection.sendNotification(ShowMessageNotification.type, {
        type: MessageType.Warning,
        message: fault,
      });
      shown.catch(() => undefined);
    }
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

function hintsOf(value: unknown): HintSettings {
  const { protocols = true, ports = false, durations = false } = isObject(value) ? value : {};
  return { protocols: protocols === true, ports: ports === true, durations: durations === true };
}

function levelOf(value: unknown): Level | undefined {
  return value === 'practice' || value === 'strict' ? value : undefined;
}

/** A path in a setting; `~` at its start is the user's home folder. */
function pathIn(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.replace(/^~(?=[/\\]|$)/, homedir()) : undefined;
}
