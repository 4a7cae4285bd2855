import * as vscode from 'vscode';
import { describeError } from '#dots/model/errors';
import type { ServerProfile } from '#contract';
import type { Credentials } from '../sessions/credentials';
import type { ProfileHost } from '../sessions/profiles';
import { labelText } from '../ui/textLayout';
import type { Sessions } from '../sessions/sessions';

/** The command that replaces a pre-shared key; the new one is stored once a server has accepted it. */
export function registerKeys(
  profiles: ProfileHost,
  credentials: Credentials,
  sessions: Sessions,
  log: vscode.LogOutputChannel,
): vscode.Disposable {
  return vscode.Disposable.from(
    vscode.commands.registerCommand('dots.enterKey', (name?: string) => enterKey(profiles, credentials, name)),
    sessions.onDidChange(() => void keepProved(credentials, sessions, log)),
  );
}

async function enterKey(profiles: ProfileHost, credentials: Credentials, name?: string): Promise<void> {
  const profile = await chosen(profiles, typeof name === 'string' ? name : undefined);
  if (profile?.pskIdentity === undefined) return;
  if (!(await credentials.enterAnother(profile.name, profile.pskIdentity))) return;
  vscode.window.setStatusBarMessage(
    `$(key) DOTS: the next request uses the new key; it is stored once the server accepts it`,
    8000,
  );
}

/** The profile of a name, the only one with a pre-shared key, or the one that the user picks. */
async function chosen(profiles: ProfileHost, name: string | undefined): Promise<ServerProfile | undefined> {
  const { profiles: all } = await profiles.read();
  const keyed = all.filter((each) => each.pskIdentity !== undefined && (name === undefined || each.name === name));
  const [only] = keyed;
  if (only === undefined) {
    vscode.window.setStatusBarMessage('$(info) DOTS: no server profile has a "psk-identity"', 5000);
    return undefined;
  }
  if (keyed.length === 1) return only;
  const items = keyed.map((profile) => ({
    label: labelText(profile.name),
    description: labelText(profile.pskIdentity ?? ''),
    profile,
  }));
  const picked = await vscode.window.showQuickPick(items, {
    title: 'DOTS: Enter Another Pre-Shared Key',
    placeHolder: 'The server profile that the key is for',
  });
  return picked?.profile;
}

async function keepProved(credentials: Credentials, sessions: Sessions, log: vscode.LogOutputChannel): Promise<void> {
  for (const { at, state } of sessions.list()) {
    if (state !== 'open' || at?.clientCredentials === undefined) continue;
    await credentials.proved(at.profile, at.clientCredentials).catch((error: unknown) => {
      log.error(`The pre-shared key of ${at.profile} could not be stored. ${describeError(error)}`);
    });
  }
}
