import { applyEdits, modify } from 'jsonc-parser';
import type { JsonObject } from '#dots/model/json';

/** The text of a profiles file without profiles. */
export const emptyProfiles = `{
  "$schema": "https://dots-workbench.github.io/schemas/profiles.json",
  "profiles": {}
}
`;

/** The text of a profiles file with one more profile, or with another one of that name; the rest stays as it is. */
export function withProfile(text: string, name: string, profile: JsonObject): string {
  const formattingOptions = { tabSize: 2, insertSpaces: true };
  return applyEdits(text, modify(text, ['profiles', name], profile, { formattingOptions }));
}
