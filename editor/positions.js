// Pure arithmetic of places in a text. Never throws: a text may have grown shorter since the engine read it.

// Where a problem stands, as CodeMirror's offsets; lines and columns count from 1, columns in characters. Without a column: the line's text.
export function spanOf(doc, { line, column, endColumn }) {
  const row = doc.line(Math.min(Math.max(line || 1, 1), doc.lines));
  const indent = row.text.length - row.text.trimStart().length;
  const from = column ? offsetOfColumn(row.text, column) : indent;
  const to = endColumn ? offsetOfColumn(row.text, endColumn) : row.length;
  return { from: row.from + from, to: row.from + Math.max(from, to) };
}

function offsetOfColumn(text, column) {
  return [...text].slice(0, Math.max(column - 1, 0)).join("").length;
}

// The one change that makes `before` into `after`, leaving what both begin and end with alone, so that the cursor stays; null for none.
export function changeBetween(before, after) {
  if (before === after) return null;
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail += 1;
  return { from: head, to: before.length - tail, insert: after.slice(head, after.length - tail) };
}
