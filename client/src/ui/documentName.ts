/** The base name of a path or URI without `.dots.json`, `.dots.jsonc`, `.json`. */
export function documentName(path: string): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return name.replace(/(\.dots)?\.jsonc?$/, '');
}
