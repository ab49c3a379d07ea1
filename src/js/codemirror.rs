//! The door to the YAML editor: the lazy module behind `window.kubariumEditor`.
use crate::protocol::{Problem, Suggestion};
use js_sys::{Array, Function, Object, Promise, Reflect};
use wasm_bindgen::prelude::*;
use web_sys::Element;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = kubariumEditor, js_name = load)]
    async fn load_js() -> Result<JsValue, JsValue>;

    type Module;
    #[wasm_bindgen(method, catch)]
    fn mount(this: &Module, host: &Element, options: &JsValue) -> Result<Handle, JsValue>;

    /// A mounted editor.
    #[derive(Clone)]
    pub type Handle;
    #[wasm_bindgen(method, js_name = setDoc)]
    pub fn set_doc(this: &Handle, text: &str);
    #[wasm_bindgen(method, js_name = setProblems)]
    fn set_problems_js(this: &Handle, problems: &JsValue);
    #[wasm_bindgen(method, js_name = setTheme)]
    pub fn set_theme(this: &Handle, dark: bool);
    #[wasm_bindgen(method)]
    pub fn focus(this: &Handle);
    #[wasm_bindgen(method)]
    pub fn destroy(this: &Handle);
}

/// What the editor asks of the page. Positions are UTF-16 offsets, as CodeMirror counts.
pub struct Wishes {
    /// Longer texts are not pasted; their length goes to `on_refuse`.
    pub largest: u32,
    pub on_refuse: Box<dyn FnMut(u32)>,
    pub on_change: Box<dyn FnMut(String)>,
    pub on_apply: Box<dyn FnMut()>,
    pub on_complete: Box<dyn FnMut(String, u32) -> Promise>,
    pub on_hover: Box<dyn FnMut(String, u32) -> Promise>,
}

/// Loads the module and puts an editor into `host`. None where it cannot be had: the textarea stays.
pub async fn open(host: Element, text: &str, dark: bool, label: &str, wishes: Wishes) -> Option<Handle> {
    let module: Module = load_js().await.ok()?.unchecked_into();
    let options = Object::new();
    set(&options, "doc", &text.into());
    set(&options, "dark", &dark.into());
    set(&options, "label", &label.into());
    set(&options, "hint", &"editor-hint".into());
    set(&options, "largest", &wishes.largest.into());
    set(&options, "onRefuse", &Closure::<dyn FnMut(u32)>::new(wishes.on_refuse).into_js_value());
    set(&options, "onChange", &Closure::<dyn FnMut(String)>::new(wishes.on_change).into_js_value());
    set(&options, "onApply", &Closure::<dyn FnMut()>::new(wishes.on_apply).into_js_value());
    set(&options, "onComplete", &Closure::<dyn FnMut(String, u32) -> Promise>::new(wishes.on_complete).into_js_value());
    set(&options, "onHover", &Closure::<dyn FnMut(String, u32) -> Promise>::new(wishes.on_hover).into_js_value());
    module.mount(&host, &options).ok()
}

impl Handle {
    pub fn set_problems(&self, problems: &[Problem]) {
        let list = Array::new();
        for problem in problems {
            let row = Object::new();
            set(&row, "line", &problem.line.into());
            set(&row, "column", &problem.column.into());
            set(&row, "endColumn", &problem.end_column.into());
            set(&row, "severity", &problem.severity.as_str().into());
            set(&row, "message", &problem.message.as_str().into());
            list.push(&row);
        }
        self.set_problems_js(&list);
    }
}

/// A promise of the editor's that waits for the engine.
pub struct Asked {
    answer: Function,
    text: String,
}

/// Makes a promise; its answer is given later through the `Asked`.
pub fn ask(text: String) -> (Promise, Asked) {
    let mut kept = None;
    let promise = Promise::new(&mut |resolve, _| kept = Some(resolve));
    (promise, Asked { answer: kept.unwrap_or_default(), text })
}

impl Asked {
    pub fn suggestions(self, from: usize, items: &[Suggestion]) {
        let list = Array::new();
        let from = units(&self.text, from);
        for item in items {
            let row = Object::new();
            set(&row, "label", &item.label.as_str().into());
            set(&row, "detail", &item.detail.as_str().into());
            set(&row, "info", &item.info.as_str().into());
            set(&row, "apply", &item.apply.as_str().into());
            set(&row, "from", &from.into());
            list.push(&row);
        }
        let _ = self.answer.call1(&JsValue::NULL, &list);
    }

    pub fn hover(self, from: usize, to: usize, words: &str) {
        let answer: JsValue = if words.is_empty() {
            JsValue::NULL
        } else {
            let row = Object::new();
            set(&row, "text", &words.into());
            set(&row, "from", &units(&self.text, from).into());
            set(&row, "to", &units(&self.text, to).into());
            row.into()
        };
        let _ = self.answer.call1(&JsValue::NULL, &answer);
    }
}

/// UTF-16 offset of a byte of the text.
fn units(text: &str, byte: usize) -> u32 {
    text.char_indices().take_while(|(at, _)| *at < byte).map(|(_, sign)| sign.len_utf16() as u32).sum()
}

/// Byte of a UTF-16 offset in the text.
pub fn byte(text: &str, units: u32) -> usize {
    let mut counted = 0;
    for (at, sign) in text.char_indices() {
        if counted >= units {
            return at;
        }
        counted += sign.len_utf16() as u32;
    }
    text.len()
}

fn set(object: &Object, key: &str, value: &JsValue) {
    let _ = Reflect::set(object, &key.into(), value);
}
