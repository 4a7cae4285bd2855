import type { QuickPickItem } from 'vscode';
import type { ProfilesInfo, ServerProfile } from '#contract';
import { labelText } from './textLayout';

/** The meaning of an item of the pick. */
export type ProfileChoice = { kind: 'profile'; name: string } | { kind: 'file' };

export interface ProfileItem extends QuickPickItem {
  choice: ProfileChoice;
}

/** The template of a profiles file: one server, to be edited. */
export const template = `{
  "$schema": "https://dots-workbench.github.io/schemas/profiles.json",
  "profiles": {
    "lab": {
      "signal": "coaps://dots.example.net:4646",
      "data": "https://dots.example.net",
      "ca": "ca.pem",
      "certificate": "client.pem",
      "key": "client-key.pem",
      "production": false
    }
  }
}
`;

/** The items of the pick: the mock, the profiles, and their file. */
export function profileItems({ state, file, profiles }: ProfilesInfo, active: string): ProfileItem[] {
  const gone = active !== 'mock' && !profiles.some(({ name }) => name === active);
  return [
    {
      label: mark('broadcast', 'mock', active),
      description: 'the embedded orchestrator, on this machine only',
      choice: { kind: 'profile', name: 'mock' },
    },
    ...profiles.map((profile) => ({
      label: mark('server', profile.name, active),
      description: description(profile),
      detail: addresses(profile),
      choice: { kind: 'profile' as const, name: profile.name },
    })),
    ...(gone
      ? [
          {
            label: mark('warning', active, active),
            description: 'not in the profiles file',
            choice: { kind: 'file' as const },
          },
        ]
      : []),
    fileItem(state, file),
  ];
}

function mark(icon: string, name: string, active: string): string {
  return `$(${name === active ? 'check' : icon}) ${labelText(name)}`;
}

function description({ production, certificate, pskIdentity }: ServerProfile): string {
  const proof =
    certificate !== undefined
      ? 'client certificate'
      : pskIdentity !== undefined
        ? `pre-shared key of ${pskIdentity}`
        : undefined;
  return labelText([production ? 'production' : undefined, proof].filter((word) => word !== undefined).join(', '));
}

function addresses({ signal, data }: ServerProfile): string {
  return labelText([signal, data].filter((address) => address !== undefined).join('  ') || 'no address');
}

function fileItem(state: ProfilesInfo['state'], file: string): ProfileItem {
  const choice = { kind: 'file' as const };
  if (state === 'absent') return { label: '$(add) Create a profiles file', description: file, choice };
  if (state === 'faulty')
    return { label: '$(error) The profiles file has errors and is not used', description: file, choice };
  return { label: '$(edit) Open the profiles file', description: file, choice };
}
