import { readFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import { DotsError } from '#dots/model/errors';
import type { ClientCredentials } from '#dots/transport/certificates/credentials';
import type { ServerTarget } from '#dots/workspace/destination';

/** A target that a profile leads to. */
type ProfileTarget = ServerTarget & { profile: string };

/** What proves this client to a server of a profile: certificate files, or a pre-shared key that the system keeps. */
export class Credentials {
  constructor(private readonly secrets: vscode.SecretStorage) {}

  /**
   * The credentials for the signal channel of a profile; none for plain CoAP. A pre-shared key is asked for once.
   * Throws a DotsError for a file that cannot be read, a profile that names too little, and a question that was not answered.
   */
  async of({ profile, server, credentials }: ProfileTarget): Promise<ClientCredentials | undefined> {
    if (server.startsWith('coap:')) return undefined;
    const { ca, certificate, key, crl, pskIdentity } = credentials;
    if (pskIdentity !== undefined) return { psk: { identity: pskIdentity, key: await this.key(profile, pskIdentity) } };
    if (ca === undefined || certificate === undefined || key === undefined) throw incomplete(profile);
    return certificates({ ca, cert: certificate, key, crl });
  }

  /** Forgets the pre-shared key of a profile, so that it is asked for again: the server did not take it. */
  async forget({ profile, credentials: { pskIdentity } }: ProfileTarget): Promise<void> {
    if (pskIdentity !== undefined) await this.secrets.delete(secretName(profile, pskIdentity));
  }

  private async key(name: string, identity: string): Promise<Uint8Array> {
    const kept = await this.secrets.get(secretName(name, identity));
    if (kept !== undefined) return bytesOf(kept);
    const given = await vscode.window.showInputBox({
      title: `DOTS: Pre-Shared Key of ${name}`,
      prompt: `The key that belongs to the identity "${identity}", as text or as hexadecimal digits after 0x. Your system keeps it.`,
      password: true,
      ignoreFocusOut: true,
      validateInput: (text) =>
        text === '' || bytesOf(text).length > 0
          ? undefined
          : 'After 0x an even number of hexadecimal digits is wanted.',
    });
    if (given === undefined || given === '')
      throw new DotsError(
        'usage',
        'editor/no-key',
        `The pre-shared key of "${name}" was not given.`,
        'Send again to be asked again.',
      );
    await this.secrets.store(secretName(name, identity), given);
    return bytesOf(given);
  }
}

/** The texts of PEM files. Throws a DotsError for one that cannot be read. */
export async function certificates({
  ca,
  cert,
  key,
  crl,
}: {
  ca: string;
  cert: string;
  key: string;
  crl?: string | undefined;
}): Promise<ClientCredentials> {
  const crls = crl === undefined ? {} : { crls: [await textOf(crl)] };
  return { certificate: { ca: await textOf(ca), cert: await textOf(cert), key: await textOf(key), ...crls } };
}

const secretName = (profile: string, identity: string): string => `dots.psk/${profile}/${identity}`;

/** The octets of a key as it was typed; none where hexadecimal digits were announced and are not there. */
function bytesOf(text: string): Uint8Array {
  const digits = /^0x(.*)$/i.exec(text)?.[1];
  if (digits === undefined) return new TextEncoder().encode(text);
  return /^([0-9a-f]{2})+$/i.test(digits) ? new Uint8Array(Buffer.from(digits, 'hex')) : new Uint8Array();
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new DotsError(
      'usage',
      'editor/unreadable-file',
      `${path} cannot be read.`,
      'Correct its path in the profiles file.',
      { cause },
    );
  }
}

function incomplete(name: string): DotsError {
  return new DotsError(
    'usage',
    'editor/incomplete-profile',
    `The profile "${name}" does not say how this client proves itself.`,
    'Give it "ca", "certificate" and "key", or a "psk-identity".',
  );
}
