// Turns a problem as the engine tells it (line, columns) into a CodeMirror diagnostic (offsets). Pure; never throws.

const SEVERITIES = new Set(["error", "warning", "info", "hint"]);

export function toDiagnostic(doc, { line, column, endColumn, severity, message }) {
  // The text may have grown shorter since the engine read it: clamp instead of failing.
  const row = doc.line(clamp(line || 1, 1, doc.lines));
  const indent = row.text.length - row.text.trimStart().length;
  const from = row.from + clamp((column || indent + 1) - 1, 0, row.length);
  const to = endColumn ? row.from + clamp(endColumn - 1, 0, row.length) : row.to;
  return { from, to: Math.max(from, to), severity: SEVERITIES.has(severity) ? severity : "error", message };
}

function clamp(value, low, high) {
  return Math.min(Math.max(value, low), high);
}
