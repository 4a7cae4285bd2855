import type { YangExpression } from '../types';
import { SchemaError } from './error';
import type { Module, ModuleSet } from './modules';

const path = '(?:\\.|(?:\\.\\./)*\\.\\.(?:/[a-z][a-z0-9-]*)*)';
const comparison = new RegExp(`^(${path})\\s*(>=|<=)\\s*(${path}|\\d+)$`);
const equality = new RegExp(`^(${path})\\s*=\\s*'([^']+)'$`);
const derived = new RegExp(`^derived-from-or-self\\(\\s*(${path})\\s*,\\s*'([^']+)'\\s*\\)$`);

/**
 * Translates one of the few XPath forms that the DOTS modules use.
 * @throws SchemaError for any other, so that no rule of a module is lost silently
 */
export function translateExpression(xpath: string, modules: ModuleSet, within: Module): YangExpression {
  const text = xpath.trim();
  const compared = comparison.exec(text);
  if (compared) return { op: compared[2] as '>=' | '<=', left: compared[1] as string, right: compared[3] as string };
  const fromSelf = derived.exec(text);
  if (fromSelf) {
    const identity = qualified(fromSelf[2] as string, modules, within);
    return {
      op: 'derived-from-or-self',
      path: fromSelf[1] as string,
      identity,
      identities: [identity, ...modules.derivedIdentities(identity)],
    };
  }
  const equal = equality.exec(text);
  if (equal) return { op: '=', path: equal[1] as string, value: qualified(equal[2] as string, modules, within) };
  throw new SchemaError(`${within.name}: the expression ${text} has no translation yet`);
}

/** A literal that names an identity, as `module:name`; any other literal as it is. */
function qualified(literal: string, modules: ModuleSet, within: Module): string {
  if (!literal.includes(':')) return literal;
  const { module, local } = modules.qualify(literal, within);
  return `${module.name}:${local}`;
}
