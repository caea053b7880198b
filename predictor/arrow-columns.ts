import { type Data, type DataType, type Field, tableFromIPC, util } from 'apache-arrow';
import { InvalidDataError } from './errors.js';

type Column = Int32Array | Uint8Array | Float32Array;

/**
 * Columns of an Arrow IPC file as typed arrays, without a copy where alignment allows.
 * @param what names the table in errors
 * @param fields names and types expected, no nulls; a fixed-size list comes back flat, a dictionary as its indices
 * @throws InvalidDataError if the bytes are truncated, altered, or another table
 */
export function readColumns(
  what: string,
  bytes: Uint8Array,
  fields: readonly Field[],
): { columns: Record<string, Column>; metadata: Map<string, string>; length: number } {
  const table = readTable(what, bytes);
  // A table that names no format is of the first (docs/decisions/0007-versions.md).
  const format = table.schema.metadata.get('format_version') ?? '1';
  if (format !== '1') {
    throw new InvalidDataError(
      `Expected ${what} in format 1, got format ${format}: a newer StreamSage wrote it`,
    );
  }
  const columns: Record<string, Column> = {};
  for (const field of fields) {
    const found = table.schema.fields.find(({ name }) => name === field.name);
    if (!found || !util.compareTypes(found.type as DataType, field.type as DataType)) {
      throw new InvalidDataError(
        `Expected ${what} to have a column \`${field.name}\` of type ${String(field.type)}, got ` +
          (found ? String(found.type) : `only ${table.schema.names.join(', ')}`),
      );
    }
    columns[field.name] = values(
      what,
      field.name,
      (table.getChild(field.name)?.data ?? []) as readonly Data[],
      table.numRows,
    );
  }
  return { columns, metadata: table.schema.metadata, length: table.numRows };
}

function readTable(what: string, bytes: Uint8Array) {
  // Arrow's buffers are aligned to 8 bytes within the file; the file must be, too, for views into it.
  const aligned = bytes.byteOffset % 8 === 0 ? bytes : bytes.slice();
  try {
    return tableFromIPC(aligned);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InvalidDataError(
      `Expected ${what} to be an Arrow IPC file, got ${bytes.length} bytes: ${reason}`,
    );
  }
}

function values(what: string, name: string, chunks: readonly Data[], rows: number): Column {
  const chunk = chunks[0];
  if (chunks.length !== 1 || !chunk || chunk.nullCount > 0) {
    throw new InvalidDataError(`Expected column \`${name}\` of ${what} in one chunk without nulls`);
  }
  const flat = chunk.children[0] ?? chunk;
  const perRow = chunk.children[0] ? (chunk.type as unknown as { listSize: number }).listSize : 1;
  const column = flat.values as Column;
  if (column.length < rows * perRow || chunk.length !== rows) {
    throw new InvalidDataError(
      `Expected ${rows} rows in column \`${name}\` of ${what}, got ${column.length / perRow}`,
    );
  }
  return column.subarray(0, rows * perRow);
}
