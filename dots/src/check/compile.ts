import Ajv, { type ValidateFunction } from 'ajv';
import type { DocumentKind } from '../model/documents';
import { schemaOf } from '../model/schema';
import { mostFaults } from './limits';

/**
 * No value that a pattern of the modules accepts is longer than this; longer text is refused without running the pattern,
 * so that a hostile document cannot make a pattern run for long.
 */
const longestPatternedText = 1024;

/** Ajv tells patterns apart by their text, so this has one. */
function boundedRegExp(pattern: string, flags: string): { test: (text: string) => boolean; toString: () => string } {
  const compiled = new RegExp(pattern, flags);
  return { test: (text) => text.length <= longestPatternedText && compiled.test(text), toString: () => String(compiled) };
}
boundedRegExp.code = 'boundedRegExp';

/** Ajv collects errors without bound, and copies its list at every reference: this ends the run at the limit. */
function bounded(code: string): string {
  const stop = 'throw new RangeError("too many errors")';
  return code
    .replace(/\berrors\+\+;/g, `if (++errors > ${mostFaults}) ${stop};`)
    .replace(/\berrors = vErrors\.length;/g, `if ((errors = vErrors.length) > ${mostFaults}) ${stop};`);
}

// The generated schemas are checked against draft-07 by a test, not at every start.
const ajv = new Ajv({ allErrors: true, strict: false, inlineRefs: false, validateSchema: false, meta: false, code: { regExp: boundedRegExp, process: bounded } });
// Double entries are found in linear time, and all of them, by plan.ts.
ajv.removeKeyword('uniqueItems');
const compiled = new Map<DocumentKind, ValidateFunction>();

/** The compiled validator of a kind of document, made on first use. */
export function validatorOf(kind: DocumentKind): ValidateFunction {
  let validator = compiled.get(kind);
  if (validator === undefined) {
    validator = ajv.compile(schemaOf(kind));
    compiled.set(kind, validator);
  }
  return validator;
}
