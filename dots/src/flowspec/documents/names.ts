import type { JsonObject } from '#dots/model/json';
import type { DocumentErrors } from './errors';
import type { Findings } from './findings';
import { askedActivations } from './mitigation';
import type { Parts } from './parts';
import { quote, type Located } from './values';

/** The aliases by name; the first definition of a name is used. */
export function readAliases({ aliases }: Parts, report: Findings): Map<string, Located<JsonObject>> {
  const byName = new Map<string, Located<JsonObject>>();
  for (const alias of aliases) {
    const { name } = alias.value;
    if (typeof name !== 'string')
      report.error(alias, 'flowspec/value', '8783 6.1', 'An alias without a name cannot be used.');
    else if (byName.has(name))
      report.warning(
        alias,
        'flowspec/alias-twice',
        '8783 6.1',
        `Alias ${quote(name)} is defined twice; the first definition is used.`,
      );
    else byName.set(name, alias);
  }
  return byName;
}

/** The activation of ACLs by mitigation requests without an error; the last one is used. */
export function readActivations(
  { acls, scopes }: Parts,
  errors: DocumentErrors,
  report: Findings,
): Map<string, string> {
  const names = new Set(acls.map((acl) => acl.value.name));
  const activation = new Map<string, string>();
  const asked = scopes.flatMap(({ scope }) =>
    errors.touching(scope) === undefined ? askedActivations(scope, report) : [],
  );
  for (const [name, type, place] of asked) {
    activation.set(name, type);
    if (!names.has(name))
      report.warning(
        place,
        'flowspec/acl-unknown',
        '9133 3.2.1',
        `None of the documents contains the ACL ${quote(name)}: its rules are not shown. Add the document with the ACL.`,
      );
  }
  return activation;
}
