import {
  CompletionItemKind,
  DiagnosticSeverity,
  InsertTextFormat,
  InsertTextMode,
  MarkupKind,
  type CompletionItem,
  type Diagnostic,
  type Hover as LspHover,
} from 'vscode-languageserver/node';
import type { Severity } from '#dots/model/finding';
import { printable } from '#dots/model/text';
import type { Completion, Hover, LocatedFinding } from '#service/service';
import { findingLink } from './findingsPage';

const severities: Record<Severity, DiagnosticSeverity> = {
  error: DiagnosticSeverity.Error,
  warning: DiagnosticSeverity.Warning,
  information: DiagnosticSeverity.Information,
  hint: DiagnosticSeverity.Hint,
};

/**
 * A finding as an LSP diagnostic: its code links to its section of docs/findings.md, its related places to this
 * document or another.
 */
export function diagnosticOf(uri: string, finding: LocatedFinding): Diagnostic {
  return {
    range: finding.range,
    severity: severities[finding.severity],
    source: 'dots',
    message: printable(finding.message),
    code: finding.code,
    codeDescription: { href: findingLink(finding) },
    data: { class: finding.class, rfc: finding.rfc, pointer: finding.pointer },
    ...(finding.related !== undefined && {
      relatedInformation: finding.related.map(({ file, range, message }) => ({
        location: { uri: file ?? uri, range },
        message: printable(message),
      })),
    }),
  };
}

/** The diagnostic for findings over the limit: editors slow down with this many. */
export function capped(diagnostics: Diagnostic[], limit: number): Diagnostic[] {
  const last = diagnostics[limit - 1];
  if (diagnostics.length <= limit || last === undefined) return diagnostics;
  const rest: Diagnostic = {
    range: last.range,
    severity: DiagnosticSeverity.Information,
    source: 'dots',
    message: `${diagnostics.length - limit} more findings are not shown; "dots validate" lists all.`,
  };
  return [...diagnostics.slice(0, limit), rest];
}

const kinds: Record<Completion['kind'], CompletionItemKind> = {
  document: CompletionItemKind.Snippet,
  member: CompletionItemKind.Property,
  value: CompletionItemKind.Value,
};

/** A completion in LSP form; `snippets`: whether the editor supports tab stops. */
export function completionItemOf(completion: Completion, snippets: boolean): CompletionItem {
  const { label, kind, detail, documentation, snippet, text, filterText, sortText, range, comma } = completion;
  return {
    label,
    kind: kinds[kind],
    ...(detail !== undefined && { detail }),
    ...(kind === 'value' && detail !== undefined && { labelDetails: { description: detail } }),
    filterText,
    sortText,
    ...(documentation !== undefined && { documentation: { kind: MarkupKind.Markdown, value: documentation } }),
    insertTextFormat: snippets ? InsertTextFormat.Snippet : InsertTextFormat.PlainText,
    insertTextMode: InsertTextMode.adjustIndentation,
    textEdit: { range, newText: snippets ? snippet : text },
    ...(comma !== undefined && { additionalTextEdits: [{ range: { start: comma, end: comma }, newText: ',' }] }),
  };
}

/** A hover in LSP form, after what is defined under the name at its place. */
export function hoverOf({ markdown, range }: Hover, defined: readonly string[]): LspHover {
  // As code, the text of a document has no meaning in Markdown.
  const lines = defined.map((text) => `\`${printable(text).replaceAll('`', "'")}\``);
  return { contents: { kind: MarkupKind.Markdown, value: [...lines, markdown].join('\n\n') }, range };
}
