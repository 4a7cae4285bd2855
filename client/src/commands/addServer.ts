import { mkdir, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import * as vscode from 'vscode';
import { domainNameProblem } from '#dots/model/domainName';
import { DotsError } from '#dots/model/errors';
import { isObject, type JsonObject } from '#dots/model/json';
import { writeFileAtomically } from '#dots/runtime/atomicFile';
import { mockName } from '#dots/workspace/fileNames';
import type { ActiveProfile } from '../editor/activeProfile';
import { showFailure } from '../editor/problems';
import { emptyProfiles, withProfile } from '../editor/profilesText';
import type { ProfileHost } from '../sessions/profiles';
import { addressesOf } from '../ui/serverAddresses';

/** What the command needs. */
interface Parts {
  profiles: ProfileHost;
  active: ActiveProfile;
  log: vscode.LogOutputChannel;
}

const title = 'DOTS: Add Server';

/** What a step of the questions adds to a profile; undefined where the user stops. */
type Step = Promise<JsonObject | undefined>;

/**
 * `DOTS: Add Server…`: from an address, from a domain name (RFC 8973), or the embedded orchestrator. The profile is
 * added to the profiles file and becomes the active one. Keys stay in their files, or in the secret storage.
 */
export function registerAddServer(parts: Parts): vscode.Disposable {
  return vscode.commands.registerCommand('dots.addServer', async () => {
    try {
      await add(parts);
    } catch (error) {
      showFailure(parts.log, 'No server was added.', error);
    }
  });
}

async function add({ profiles, active }: Parts): Promise<void> {
  const way = await picked('How the server is found', {
    address: ['$(globe) Its address', 'a host name or an IP address, from your provider'],
    domain: ['$(search) A domain name', 'its servers are looked up in the DNS (RFC 8973)'],
    mock: ['$(broadcast) The embedded orchestrator', 'on this machine only, for practice'],
  });
  if (way === 'mock') return active.select(mockName);
  const channels = way === undefined ? undefined : await (way === 'domain' ? fromDomain() : fromAddress());
  const proof = channels && (await credentials());
  const production = proof && (await isProduction());
  const name = production && (await profileName(channels));
  if (name === undefined) return;
  const { file, state } = await profiles.read();
  if (state === 'faulty' || state === 'off') throw unusable(state);
  const text = state === 'absent' ? emptyProfiles : await readFile(file, 'utf8');
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFileAtomically(file, withProfile(text, name, { ...channels, ...proof, ...production }));
  await active.select(name);
  await vscode.window.showTextDocument(vscode.Uri.file(file));
}

async function picked<K extends string>(
  placeHolder: string,
  choices: Record<K, readonly [label: string, detail: string]>,
): Promise<K | undefined> {
  const items = (Object.entries(choices) as [K, readonly [string, string]][]).map(([key, [label, detail]]) => {
    return { label, detail, key };
  });
  return (await vscode.window.showQuickPick(items, { title, placeHolder, ignoreFocusOut: true }))?.key;
}

async function fromAddress(): Step {
  const host = await vscode.window.showInputBox({
    title,
    prompt: 'The host name or IP address of the server, with a port if it is not 4646',
    placeHolder: 'dots.example.net',
    ignoreFocusOut: true,
    validateInput: (text) => (addressesOf(text) === undefined ? 'Enter a host, such as dots.example.net' : undefined),
  });
  return host === undefined ? undefined : addressesOf(host);
}

async function fromDomain(): Step {
  const name = await vscode.window.showInputBox({
    title,
    prompt: 'The domain name of your provider; only the DNS is asked',
    placeHolder: 'example.net',
    ignoreFocusOut: true,
    validateInput: (text) => domainNameProblem(text),
  });
  if (name === undefined) return undefined;
  const { discover, dnsLookup, foundProfile } = await import('#lazy/protocol');
  const lookup = dnsLookup(undefined, 10_000);
  const found = await discover(name, lookup).finally(() => lookup.close());
  if (found.servers.length === 0)
    throw new DotsError('malformed', 'editor/nothing-found', `${name} has no records for DOTS.`, 'Enter the address.');
  const { file, notes } = foundProfile(found);
  if (notes.length > 0) void vscode.window.showWarningMessage(`DOTS: ${notes.join(' ')}`);
  const [profile] = isObject(file.profiles) ? Object.values(file.profiles).filter(isObject) : [];
  return profile;
}

async function credentials(): Step {
  const kind = await picked('How this client proves itself', {
    certificate: ['$(lock) Certificate files', 'a CA, a client certificate and its key, as PEM'],
    psk: [
      '$(key) A pre-shared key',
      'its identity now; the key is asked for when it is needed, and stored by the system',
    ],
    later: ['$(edit) Later', 'edit the profiles file'],
  });
  if (kind === undefined || kind === 'later') return kind && {};
  return kind === 'psk' ? identity() : files();
}

async function identity(): Step {
  const id = await vscode.window.showInputBox({
    title,
    prompt: 'The identity of the pre-shared key',
    ignoreFocusOut: true,
  });
  return id === undefined || id === '' ? undefined : { 'psk-identity': id };
}

async function files(): Step {
  const all: Record<string, string> = {};
  for (const [member, what] of [
    ['ca', 'the CA certificate of the server'],
    ['certificate', 'your client certificate'],
    ['key', 'the private key of your client certificate'],
  ] as const) {
    const [file] = (await vscode.window.showOpenDialog({ title: `DOTS: ${what}`, openLabel: 'Use' })) ?? [];
    if (file === undefined) return undefined;
    all[member] = file.fsPath;
  }
  return all;
}

async function isProduction(): Step {
  const kind = await picked('Whether it protects a real network', {
    production: ['$(server-environment) Production', 'each request to it is confirmed'],
    lab: ['$(beaker) Lab', 'requests are sent without a question'],
  });
  return kind && { production: kind === 'production' };
}

function profileName(channels: JsonObject | undefined): Thenable<string | undefined> {
  const address = [channels?.signal, channels?.data].find((each) => typeof each === 'string') ?? '';
  return vscode.window.showInputBox({
    title,
    prompt: 'The name of the profile, as it is shown everywhere',
    value: URL.canParse(address) ? new URL(address).hostname : 'upstream',
    ignoreFocusOut: true,
    validateInput: (name) => (name.trim() === '' || name === mockName ? 'Enter a name other than "mock"' : undefined),
  });
}

const unusable = (state: 'faulty' | 'off'): DotsError =>
  state === 'off'
    ? new DotsError('usage', 'editor/untrusted', 'The folder is not trusted.', 'Trust it first.')
    : new DotsError('usage', 'destination/profiles-errors', 'The profiles file has errors.', 'Correct them first.');
