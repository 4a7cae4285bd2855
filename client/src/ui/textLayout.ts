/**
 * Layout of the read-only text documents, tooltips and labels: headings, aligned facts, hex. Foreign names cannot break
 * a line.
 */
import { printable } from '#dots/model/text';

/** A heading line; the documents' grammars colour lines that start with `# `. */
export function heading(text: string): string {
  return `# ${printable(text)}`;
}

/** Facts as two aligned columns, a fact without a value left out. */
export function facts(rows: readonly (readonly [string, string | undefined])[]): string {
  const known = rows.filter((row): row is readonly [string, string] => row[1] !== undefined);
  const width = Math.max(0, ...known.map(([name]) => name.length)) + 2;
  return known.map(([name, value]) => name.padEnd(width) + printable(value)).join('\n');
}

/** Rows as aligned columns, two spaces apart; the last column is not padded. */
export function columns(rows: readonly (readonly string[])[]): string {
  const width = (column: number): number => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  return rows
    .map((row) => row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(width(column)))).join('  '))
    .join('\n');
}

/** Octets in hex, 16 a row, each row led by its offset in hex. */
export function hexRows(bytes: Uint8Array): string {
  const rows: string[] = [];
  for (let start = 0; start < bytes.length; start += 16) {
    const row = Array.from(bytes.subarray(start, start + 16), (byte) => byte.toString(16).padStart(2, '0'));
    rows.push(
      `${start.toString(16).padStart(4, '0')}  ${row.slice(0, 8).join(' ')}${row.length > 8 ? '  ' : ''}${row.slice(8).join(' ')}`,
    );
  }
  return rows.join('\n');
}

/** Text with every line indented by two spaces; empty lines stay empty. */
export function indented(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}

/** Sections joined by one empty line; empty sections left out. */
export function sections(...parts: (string | undefined)[]): string {
  return `${parts.filter((part) => part !== undefined && part !== '').join('\n\n')}\n`;
}

/** Lines as one text, such as a tooltip; no name in a line can add another line. */
export function lined(...lines: readonly string[]): string {
  return lines.map(printable).join('\n');
}

/** A name as a part of a label in which the editor renders `$(icon)` as an icon. */
export function labelText(name: string): string {
  return printable(name).replaceAll('$(', '$ (');
}

/**
 * Text for a notification of the editor, which would show `[words](target)` as a link, even one that runs a command.
 */
export function notificationText(text: string): string {
  return text.replaceAll('](', '] (');
}
