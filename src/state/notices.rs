//! What the page says aloud: at most one short sentence every two seconds, the newest one wins.
use gloo_timers::callback::Timeout;
use leptos::prelude::*;

const PAUSE_MS: f64 = 2000.0;

#[derive(Clone, Copy)]
pub struct Notices {
    /// What the polite live region holds.
    pub said: RwSignal<String>,
    /// A banner that stays until it is closed: (title, detail).
    pub banner: RwSignal<Option<(String, String)>>,
    waiting: StoredValue<Option<String>>,
    last: StoredValue<f64>,
}

impl Notices {
    pub fn new() -> Self {
        Self {
            said: RwSignal::new(String::new()),
            banner: RwSignal::new(None),
            waiting: StoredValue::new(None),
            last: StoredValue::new(-PAUSE_MS),
        }
    }

    pub fn say(self, sentence: String) {
        let scheduled = self.waiting.with_value(Option::is_some);
        self.waiting.set_value(Some(sentence));
        if scheduled {
            return;
        }
        let rest = (self.last.get_value() + PAUSE_MS - crate::js::document::now_ms()).max(0.0);
        Timeout::new(rest as u32, move || {
            if let Some(Some(sentence)) = self.waiting.try_update_value(Option::take) {
                self.last.set_value(crate::js::document::now_ms());
                self.said.set(sentence);
            }
        })
        .forget();
    }
}
