import type { CredentialFiles } from '#dots/transport/certificates/credentialFiles';
import type { Arguments } from './command';
import type { SettledTarget } from './settledTarget';

/** The options that name the files of credentials. */
const credentialOptions: readonly [Exclude<keyof CredentialFiles, 'askKeyPassword'>, string][] = [
  ['serverName', 'server-name'],
  ['ca', 'ca'],
  ['cert', 'cert'],
  ['key', 'key'],
  ['keyPasswordFile', 'key-password-file'],
  ['crl', 'crl'],
  ['pskIdentity', 'psk-identity'],
  ['pskKeyFile', 'psk-key-file'],
];

/** Commands that change nothing at a server, and so need no confirmation for a production server. */
const reading: readonly string[] = ['status', 'watch'];

/**
 * The command that does something with a mitigation at the same server and as the same client, to be typed as it is.
 */
export function nextCommand(
  name: 'status' | 'watch' | 'withdraw' | 'refresh' | 'efficacy',
  target: SettledTarget,
  mid: number,
  given: Arguments,
): string {
  const { server, profile, cuid, cuidSource, credentialFiles } = target;
  const credentials = credentialOptions.flatMap(([file, option]) => optionWords(option, credentialFiles[file]));
  const way =
    profile === undefined ? [...optionWords('server', server), ...credentials] : optionWords('profile', profile);
  const own = ['profiles', 'ledger'].flatMap((option) => optionWords(option, given.option(option)));
  const client = cuidSource === 'configured' ? optionWords('cuid', cuid) : [];
  const confirmed = !reading.includes(name) && given.option('yes') !== undefined ? ['--yes'] : [];
  return ['dots', name, String(mid), ...way, ...client, ...own, ...confirmed].join(' ');
}

/** An option and its value, as words of a command line; none without a value. */
export const optionWords = (option: string, value: string | undefined): string[] =>
  value === undefined ? [] : [`--${option}`, quotedWord(value)];

/** As a POSIX shell reads it as one word. */
export const quotedWord = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
