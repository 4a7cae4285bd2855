/** What the pure folders say of a document, as text, so that Node.js and a browser can be compared. */
import { annotatedDiagnostic } from '#dots/cbor/diagnostic';
import { decodeDocument } from '#dots/cbor/decode';
import { encodeDocument } from '#dots/cbor/encode';
import { translate } from '#dots/flowspec/translate';
import type { JsonObject } from '#dots/model/json';
import { createLanguageService } from '#service/service';

const service = createLanguageService();

/** The findings of a text, what can be written and read at its places, its CBOR, and its Flowspec rules. */
export function answersTo(text: string, file: string): string {
  const document = service.parse(text, file);
  const positions = text.split('\n').map((line, index) => ({ line: index, character: line.search(/\S|$/) + 1 }));
  const value = document.value as JsonObject;
  return JSON.stringify({
    facts: service.documentInfo(document),
    findings: service.validate(document).findings,
    hovers: positions.map((position) => service.hover(document, position)),
    completions: positions.map((position) => service.complete(document, position).map(({ label }) => label)),
    cbor: cborOf(value),
    flowspec: translate([{ file, value }]),
  });
}

/** The CBOR of a document in diagnostic notation, and what it decodes to; the sentence that says why it has none. */
function cborOf(value: JsonObject): object {
  try {
    const bytes = encodeDocument(value);
    return { bytes: annotatedDiagnostic(bytes), value: decodeDocument(bytes) };
  } catch (error) {
    return { error: (error as Error).message };
  }
}
