import { parse, type ParseError } from 'jsonc-parser';
import { isObject, type JsonObject } from '#dots/model/json';

/** The JSON object in a text (comments and trailing commas are allowed), or undefined if there is none. */
export function jsonObject(text: string): JsonObject | undefined {
  const errors: ParseError[] = [];
  const value: unknown = parse(text, errors, { allowTrailingComma: true });
  return errors.length === 0 && isObject(value) ? value : undefined;
}
