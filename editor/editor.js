// The YAML editor: CodeMirror 6 in a shadow root. Knows no Kubernetes: problems, completions and hover texts are given to it.
//
// mount(host, options) -> handle. `pos`, `from`, `to` are UTF-16 offsets into the text; lines and columns count from 1, columns in characters.
// options: doc, dark, label, phrases? (words of CodeMirror itself, translated), hint? (id of the text that says how to leave),
//   onChange(text), onApply(), largest? (a longer text is not pasted), onRefuse(length),
//   onComplete(text, pos) -> Promise<[{label, detail, info, apply, from?}]>   (`from` of the first counts for all),
//   onHover(text, pos) -> Promise<{text, from, to} | null>
// handle: setDoc(text), getDoc(), setProblems([{line, column, endColumn, severity, message}]), setTheme(dark), focus(), destroy()
import { autocompletion, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { bracketMatching, indentUnit } from "@codemirror/language";
import { lintGutter, lintKeymap, setDiagnostics } from "@codemirror/lint";
import { Compartment, EditorState } from "@codemirror/state";
import { EditorView, highlightActiveLine, highlightActiveLineGutter, hoverTooltip, keymap, lineNumbers } from "@codemirror/view";
import { look } from "./look.js";
import { changeBetween, spanOf } from "./positions.js";

const SEVERITIES = new Set(["error", "warning", "info", "hint"]);

export function mount(host, options) {
  const { onChange = () => {}, onApply = () => {}, onRefuse = () => {}, onComplete, onHover, largest = Infinity } = options;
  // A shadow root, because a strict policy forbids <style> elements: there CodeMirror uses adopted style sheets.
  const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
  const theme = new Compartment();
  const afterComposition = []; // changes from outside that must not cut a Hangul syllable in two
  let silent = false; // true while the page itself sets the text: no onChange then

  const view = new EditorView({ root, parent: root, state: EditorState.create({ doc: options.doc ?? "", extensions: [
    lineNumbers(), highlightActiveLineGutter(), highlightActiveLine(), lintGutter(),
    history(), bracketMatching(), yaml(), indentUnit.of("  "), EditorState.tabSize.of(2),
    EditorView.contentAttributes.of({ "aria-label": options.label ?? "YAML", autocorrect: "off", autocapitalize: "off", spellcheck: "false", tabindex: "0",
      ...describedBy(options.hint) }),
    EditorState.phrases.of(options.phrases ?? {}),
    autocompletion({ override: onComplete ? [(context) => complete(context, onComplete)] : null, icons: false }),
    onHover ? hoverTooltip((shown, pos) => hover(shown, pos, onHover)) : [],
    keymap.of([{ key: "Mod-Enter", run: () => { onApply(); return true; } }, ...completionKeymap, ...lintKeymap, ...defaultKeymap, ...historyKeymap, indentWithTab]),
    leavingWithTab(),
    EditorView.updateListener.of((update) => { if (update.docChanged && !silent) onChange(update.state.doc.toString()); }),
    EditorView.domEventHandlers({ paste: (event) => refuses(event, largest, onRefuse), compositionend: () => { setTimeout(settle, 0); } }),
    theme.of(look(options.dark)),
  ] }) });

  function settle() {
    if (view.composing) return;
    for (const change of afterComposition.splice(0)) change();
  }

  function whenNotComposing(change) {
    if (view.composing) afterComposition.push(change);
    else change();
  }

  return {
    getDoc: () => view.state.doc.toString(),
    setDoc(text) {
      whenNotComposing(() => {
        const changes = changeBetween(view.state.doc.toString(), text);
        if (!changes) return;
        silent = true;
        try {
          view.dispatch({ changes });
        } finally {
          silent = false;
        }
      });
    },
    setProblems(problems) {
      whenNotComposing(() => view.dispatch(setDiagnostics(view.state, problems.map((problem) => toDiagnostic(view.state.doc, problem)))));
    },
    setTheme: (dark) => view.dispatch({ effects: theme.reconfigure(look(dark)) }),
    focus: () => view.focus(),
    destroy() {
      view.destroy();
      root.replaceChildren();
    },
  };
}

// A text of megabytes is refused before CodeMirror splits it into lines.
function refuses(event, largest, onRefuse) {
  const length = event.clipboardData?.getData("text/plain").length ?? 0;
  if (length <= largest) return false;
  event.preventDefault();
  onRefuse(length);
  return true;
}

// An id does not reach into a shadow root: the words themselves are handed over.
function describedBy(id) {
  const words = id && document.getElementById(id)?.textContent.trim();
  return words ? { "aria-description": words } : {};
}

// Tab indents, as YAML wants; after Esc it leaves the editor, for as long as no other key is pressed.
function leavingWithTab() {
  return EditorView.domEventHandlers({
    keydown(event, view) {
      if (event.isComposing || event.key === "Tab" || event.key === "Shift") return false;
      view.setTabFocusMode(event.key === "Escape");
      return false;
    },
    blur(event, view) {
      view.setTabFocusMode(false);
      return false;
    },
  });
}

async function complete(context, ask) {
  const line = context.state.doc.lineAt(context.pos);
  const before = line.text.slice(0, context.pos - line.from);
  const word = context.matchBefore(/[\w./-]+/);
  // Unasked, a list opens only where something is being typed: a word, or the place of a value.
  if (!word && !context.explicit && !/[:-] $/.test(before)) return null;
  const items = await ask(context.state.doc.toString(), context.pos);
  if (context.aborted || !items || items.length === 0) return null;
  const from = items[0].from ?? word?.from ?? context.pos;
  const options = items.map(({ label, detail, info, apply }) => ({ label, detail, info: info || undefined, apply: apply || label }));
  return { from, options, validFor: /^[\w./-]*$/ };
}

function toDiagnostic(doc, { line, column, endColumn, severity, message }) {
  return { ...spanOf(doc, { line, column, endColumn }), severity: SEVERITIES.has(severity) ? severity : "error", message };
}

async function hover(view, pos, ask) {
  const found = await ask(view.state.doc.toString(), pos);
  if (!found) return null;
  return { pos: found.from, end: found.to, above: true, create() {
    const dom = document.createElement("div");
    dom.className = "cm-help";
    dom.textContent = found.text;
    return { dom };
  } };
}
