import * as vscode from 'vscode';
import type { ProfilesInfo } from '#contract';
import { describeError, DotsError } from '#dots/model/errors';
import { safeJson } from '#dots/model/text';
import { httpStatusWords } from '#dots/words/httpStatuses';
import { sessionWords } from '#dots/words/sessions';
import { mockName } from '#dots/workspace/fileNames';
import type { Channel } from '#dots/workspace/destination';
import type { ActiveProfile } from '../editor/activeProfile';
import { showFailure } from '../editor/problems';
import type { DataHost } from '../sessions/dataChannel';
import type { ProfileHost } from '../sessions/profiles';
import type { ServerTargets, SettledTarget } from '../sessions/serverTargets';
import type { Sessions } from '../sessions/sessions';
import { profileItems } from '../ui/profilePick';
import { facts, heading, indented, sections } from '../ui/textLayout';
import { VirtualDocuments } from '../ui/virtualDocuments';

/** What a test of a connection needs. */
interface Parts {
  profiles: ProfileHost;
  active: ActiveProfile;
  targets: ServerTargets;
  sessions: Sessions;
  data: DataHost;
  log: vscode.LogOutputChannel;
}

/** `DOTS: Test Connection`: both channels of a profile, its certificates, and what the server offers. It only reads. */
export class ConnectionTest implements vscode.Disposable {
  private readonly texts = new VirtualDocuments('dots-connection', () => 'Test the connection again.\n');
  private readonly command = vscode.commands.registerCommand('dots.testConnection', (name?: unknown) =>
    this.run(typeof name === 'string' ? name : undefined),
  );

  constructor(private readonly parts: Parts) {}

  dispose(): void {
    this.command.dispose();
    this.texts.dispose();
  }

  private async run(given: string | undefined): Promise<void> {
    const { profiles, log } = this.parts;
    try {
      const known = await profiles.read();
      const name = given ?? (await this.picked(known));
      if (name === undefined) return;
      const title = `DOTS: testing the connection to ${name}`;
      const options = { location: vscode.ProgressLocation.Notification, title };
      const text = await vscode.window.withProgress(options, () => this.text(name, known));
      const uri = this.texts.uri(`Connection: ${name}`, name);
      this.texts.set(uri, text);
      await vscode.window.showTextDocument(uri);
    } catch (error) {
      showFailure(log, 'The connection was not tested.', error);
    }
  }

  private async picked(known: ProfilesInfo): Promise<string | undefined> {
    if (known.profiles.length === 0) return mockName;
    const picked = await vscode.window.showQuickPick(profileItems(known, this.parts.active.name), {
      title: 'DOTS: Test Connection',
      placeHolder: 'The server whose channels are tested; the requests only read',
    });
    return picked?.choice.kind === 'profile' ? picked.choice.name : undefined;
  }

  private async text(name: string, known: ProfilesInfo): Promise<string> {
    const [signal, data] = await Promise.all([
      this.channel('signal', name, known, (target) => this.signalLines(target)),
      this.channel('data', name, known, (target) => this.dataLines(target)),
    ]);
    const works = [signal, data].every(({ works: each }) => each);
    return sections(
      heading(`${name}: ${works ? 'both channels work' : 'a channel does not work'}`),
      heading('Signal channel'),
      signal.text,
      heading('Data channel'),
      data.text,
    );
  }

  /** What there is to say of a channel; a failure is its text. */
  private async channel(
    channel: Channel,
    name: string,
    known: ProfilesInfo,
    lines: (target: SettledTarget) => Promise<string>,
  ): Promise<{ works: boolean; text: string }> {
    try {
      const target = await this.parts.targets.toTest(name, channel, known);
      return { works: true, text: await lines(target) };
    } catch (error) {
      return { works: false, text: describeError(error) };
    }
  }

  private async signalLines(target: SettledTarget): Promise<string> {
    const { sessions } = this.parts;
    await sessions.look(target);
    const { snapshot, security } = sessions.named(target.profile) ?? {};
    const { datagramLimit, parseServer } = await import('#lazy/protocol');
    const limit = datagramLimit(parseServer(target.server).scheme);
    return sections(
      facts([
        ['Server', target.server],
        ['State', snapshot && sessionWords(snapshot)],
        ['Verified peer', security?.peerName ?? 'none, plain CoAP has no authentication'],
        ['Cipher suite', security?.cipherSuite],
        ['cuid', target.cuid],
        ['Datagram limit', limit === undefined ? 'none, over TLS' : `${limit} octets for a request, header included`],
      ]),
      await certificateLines(target),
    ).trimEnd();
  }

  private async dataLines(target: SettledTarget): Promise<string> {
    const answer = await this.parts.data.over(target, (session) => session.get('capabilities'));
    const { name, meaning } = httpStatusWords(answer.status);
    if (!answer.ok && answer.status !== 404)
      throw new DotsError('malformed', 'editor/refused', `${answer.status} ${name}: ${meaning}`);
    return sections(
      facts([
        ['Server', target.server],
        ['State', `answers over HTTPS, round trip ${Math.max(1, Math.round(answer.roundTripMs))} ms`],
        ['cuid', target.cuid],
        ['Capabilities', answer.body === undefined ? 'the server reports none' : 'below'],
      ]),
      answer.body && `Capabilities\n${indented(safeJson(answer.body, 2))}`,
    ).trimEnd();
  }
}

/** The certificates of a target, with their dates, and what is wrong with them soon. */
async function certificateLines({ files, credentials }: SettledTarget): Promise<string | undefined> {
  if (files === undefined) return undefined;
  const { certificateDates, credentialWarnings } = await import('#lazy/protocol');
  const warnings = await credentialWarnings({ ...files, pskKeyFile: credentials.pskKeyFile }, Date.now());
  return sections(
    facts([
      ['CA', `${files.ca}, ${await certificateDates(files.ca)}`],
      ['Client certificate', files.cert && `${files.cert}, ${await certificateDates(files.cert)}`],
    ]),
    ...warnings,
  ).trimEnd();
}
