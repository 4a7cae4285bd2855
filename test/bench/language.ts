/**
 * `npm run bench:language`: how long the features that an editor asks for on demand take in a document of 10,000 ACEs,
 * beside vscode-json-languageservice in the same run. One JSON line per figure; milliseconds of processor time, medians
 * of warm runs. The text is read before, as in the server, where one reading serves all features.
 */
import { getLanguageService, TextDocument } from 'vscode-json-languageservice';
import { createLanguageService } from '#service/service';
import { largeAclText } from '../support/largeAcl';

const runs = 5;
const text = largeAclText(10_000);
const broken = text.replaceAll('"source-port-range-or-operator"', '"source-port"');
const layout = { tabSize: 4, insertSpaces: true };
const service = createLanguageService();
const json = getLanguageService({});
const document = service.parse(text);
const faulty = service.parse(broken);
const { findings } = service.validate(faulty);
const textDocument = TextDocument.create('file:///acl.json', 'json', 1, text);
const jsonDocument = json.parseJSONDocument(textDocument);

/** Milliseconds of processor time of one run, the median of several after a warm one. */
function measured(action: () => unknown): number {
  const times = Array.from({ length: runs + 1 }, () => {
    const before = process.cpuUsage();
    action();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  }).slice(1);
  return Math.round(times.sort((one, other) => one - other)[runs >> 1] as number);
}

function print(feature: string, ours: () => unknown, theirs?: () => unknown): void {
  const beside = theirs === undefined ? {} : { vscodeJson: measured(theirs) };
  console.log(JSON.stringify({ feature, octets: text.length, dots: measured(ours), ...beside }));
}

print(
  'symbols',
  () => service.symbols(document),
  () => json.findDocumentSymbols2(textDocument, jsonDocument, { resultLimit: Infinity }),
);
print(
  'formatting, all lines changed',
  () => service.format(document, layout),
  () => json.format(textDocument, undefined, layout),
);
print(
  'folding',
  () => service.folds(document),
  () => json.getFoldingRanges(textDocument, { rangeLimit: Infinity }),
);
print(
  'selection',
  () => service.selections(document, [{ line: 1000, character: 12 }]),
  () => json.getSelectionRanges(textDocument, [{ line: 1000, character: 12 }], jsonDocument),
);
print(`fix all of ${findings.length} findings`, () => service.certainEdits(faulty, findings));
print('fixes of one finding', () => service.fixes(faulty, findings[0] as (typeof findings)[number]));
print('names', () => service.names(document, 'drop-amplification-5000'));
