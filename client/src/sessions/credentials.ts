import { readFile } from 'node:fs/promises';
import * as vscode from 'vscode';
import { DotsError } from '#dots/model/errors';
import { printable } from '#dots/model/text';
import type { CredentialFiles } from '#dots/transport/certificates/credentialFiles';
import { isEncrypted, pskOf, type ClientCredentials } from '#dots/transport/certificates/credentials';
import type { ServerTarget } from '#dots/workspace/destination';

/** Where the password of an encrypted private key is from. */
export type KeyPassword = Pick<CredentialFiles, 'keyPasswordFile' | 'askKeyPassword'>;

/** The target of a profile. */
type ProfileTarget = ServerTarget & { profile: string };

/**
 * The credentials for the server of a profile: certificate files, or a pre-shared key in a file or in the system's
 * secret storage, where the passwords of encrypted private keys are as well. A stored key is replaced only by one with
 * which a session was established: before that, every answer of a server, and its silence, may be caused by an
 * attacker.
 */
export class Credentials {
  /** Keys that were entered instead of a stored one and are not verified yet, by the name of their secret. */
  private readonly candidates = new Map<string, string>();

  constructor(private readonly secrets: vscode.SecretStorage) {}

  /**
   * The credentials for the signal channel of a profile; none for plain CoAP. The user is asked for a pre-shared key
   * once, and for the password of an encrypted private key. Throws a DotsError for a file that cannot be read, a wrong
   * password, an incomplete profile, and a cancelled input.
   * @param quiet whether the user is not asked: then it throws where a secret is not stored
   */
  async of({ profile, server, credentials }: ProfileTarget, quiet = false): Promise<ClientCredentials | undefined> {
    if (server.startsWith('coap:')) return undefined;
    const { ca, certificate, key, crl, pskIdentity, pskKeyFile } = credentials;
    if (pskIdentity !== undefined)
      return { psk: { identity: pskIdentity, key: await this.key(profile, pskIdentity, pskKeyFile, quiet) } };
    if (ca === undefined || certificate === undefined || key === undefined) throw incomplete(profile);
    return certificates({ ca, cert: certificate, key, crl, ...this.passwordOf({ profile, credentials }, quiet) });
  }

  /**
   * Where the password of an encrypted private key is from: its file, or the user, who is asked once.
   * @param quiet whether the user is not asked: then only a stored one is used
   */
  passwordOf(
    { profile, credentials: { keyPasswordFile } }: Pick<ProfileTarget, 'profile' | 'credentials'>,
    quiet = false,
  ): KeyPassword {
    const ask = (key: string): Promise<string> =>
      quiet ? this.storedPassword(profile, key) : this.password(profile, key);
    return { keyPasswordFile, askKeyPassword: ask };
  }

  /**
   * Asks for another pre-shared key, which is used from now on and stored once it is verified; false if the user enters
   * none.
   */
  async enterAnother(profile: string, identity: string): Promise<boolean> {
    const given = await askForKey(profile, identity);
    if (given === undefined || given === '') return false;
    this.candidates.set(secretName(profile, identity), given);
    return true;
  }

  /** A session was established with these credentials: a key that was entered for it is stored from now on. */
  async proved(profile: string, used: ClientCredentials): Promise<void> {
    const secret = this.candidateOf(profile, used);
    if (secret === undefined) return;
    await this.secrets.store(secret.name, secret.key);
    this.candidates.delete(secret.name);
  }

  /** A server could not decrypt with these credentials: an entered key is discarded in favour of the stored one. */
  refused(profile: string, used: ClientCredentials): void {
    const secret = this.candidateOf(profile, used);
    if (secret !== undefined) this.candidates.delete(secret.name);
  }

  /** The key that was entered and not verified yet, if it is in use. */
  private candidateOf(profile: string, used: ClientCredentials): { name: string; key: string } | undefined {
    if (!('psk' in used)) return undefined;
    const name = secretName(profile, used.psk.identity);
    const key = this.candidates.get(name);
    return key !== undefined && Buffer.from(bytesOf(key)).equals(used.psk.key) ? { name, key } : undefined;
  }

  /** The stored password of a key, if it is still right, or the one that the user enters; a right one is stored. */
  private async password(profile: string, key: string): Promise<string> {
    const secret = passwordName(profile, key);
    const stored = await this.secrets.get(secret);
    if (stored !== undefined && (await isPasswordOf(key, stored))) return stored;
    const given = await askForPassword(profile, key);
    if (given === undefined || given === '')
      throw new DotsError(
        'usage',
        'editor/no-password',
        `No password was entered for the private key of "${profile}".`,
        'Send again to enter it.',
      );
    if (await isPasswordOf(key, given)) await this.secrets.store(secret, given);
    return given;
  }

  /** The stored password of a key. Throws a DotsError where there is none. */
  private async storedPassword(profile: string, key: string): Promise<string> {
    const stored = await this.secrets.get(passwordName(profile, key));
    if (stored === undefined) throw notStored(profile);
    return stored;
  }

  private async key(name: string, identity: string, file: string | undefined, quiet: boolean): Promise<Uint8Array> {
    if (file !== undefined) return (await import('#lazy/protocol')).readPsk(file);
    const secret = secretName(name, identity);
    const known = this.candidates.get(secret) ?? (await this.secrets.get(secret));
    if (known !== undefined) return bytesOf(known);
    if (quiet) throw notStored(name);
    const given = await askForKey(name, identity);
    if (given === undefined || given === '')
      throw new DotsError(
        'usage',
        'editor/no-key',
        `No pre-shared key was entered for "${name}".`,
        'Send again to enter it.',
      );
    await this.secrets.store(secret, given);
    return bytesOf(given);
  }
}

function askForKey(profile: string, identity: string): Thenable<string | undefined> {
  return vscode.window.showInputBox({
    title: printable(`DOTS: Pre-Shared Key of ${profile}`),
    prompt: `The key that belongs to the identity "${printable(identity)}", as text or as hexadecimal digits after 0x. It is stored in your system's secret storage.`,
    password: true,
    ignoreFocusOut: true,
    validateInput: (text) =>
      /^0x(?!([0-9a-f]{2})+$)/i.test(text) ? 'After 0x enter an even number of hexadecimal digits.' : undefined,
  });
}

function askForPassword(profile: string, key: string): Thenable<string | undefined> {
  return vscode.window.showInputBox({
    title: printable(`DOTS: Password of the Private Key of ${profile}`),
    prompt: `${printable(key)} is encrypted. Its password is stored in your system's secret storage.`,
    password: true,
    ignoreFocusOut: true,
  });
}

async function isPasswordOf(key: string, password: string): Promise<boolean> {
  const { readKey } = await import('#lazy/protocol');
  return readKey({ key, askKeyPassword: () => Promise.resolve(password) }).then(
    () => true,
    () => false,
  );
}

/** The texts of PEM files, the key decrypted. Throws a DotsError for one that cannot be read. */
export async function certificates({
  ca,
  cert,
  key,
  crl,
  ...password
}: {
  ca: string;
  cert: string;
  key: string;
  crl?: string | undefined;
} & KeyPassword): Promise<ClientCredentials> {
  const crls = crl === undefined ? {} : { crls: [await textOf(crl)] };
  const texts = { ca: await textOf(ca), cert: await textOf(cert), key: await textOf(key) };
  if (!isEncrypted(texts.key)) return { certificate: { ...texts, ...crls } };
  const { readKey } = await import('#lazy/protocol');
  return { certificate: { ...texts, key: await readKey({ key, ...password }), ...crls } };
}

function notStored(profile: string): DotsError {
  return new DotsError(
    'usage',
    'editor/no-key',
    `The server of "${profile}" was not asked, because its key or password is not stored.`,
    'Send to it once to enter it.',
  );
}

const passwordName = (profile: string, key: string): string => `dots.key-password/${profile}/${key}`;

const secretName = (profile: string, identity: string): string => `dots.psk/${profile}/${identity}`;

/** The octets of a key as it was typed. */
const bytesOf = (text: string): Uint8Array => pskOf(new TextEncoder().encode(text));

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
    `The profile "${name}" has no client credentials.`,
    'Add "ca", "certificate" and "key", or a "psk-identity".',
  );
}
