//! The reader's choices: language, theme, motion, which editor. Remembered.
use crate::js::{document, storage};
use crate::text::{Lang, Words};
use leptos::prelude::*;

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    Auto,
    Light,
    Dark,
}

impl Theme {
    /// As it is remembered.
    pub fn word(self) -> &'static str {
        match self {
            Theme::Auto => "auto",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    /// Its sign and its name.
    pub fn shown(self, words: &Words) -> (&'static str, &'static str) {
        match self {
            Theme::Auto => ("◐", words.theme_auto),
            Theme::Light => ("☀", words.theme_light),
            Theme::Dark => ("☾", words.theme_dark),
        }
    }

    pub fn named(word: &str) -> Theme {
        match word {
            "light" => Theme::Light,
            "dark" => Theme::Dark,
            _ => Theme::Auto,
        }
    }
}

#[derive(Clone, Copy)]
pub struct Prefs {
    pub lang: RwSignal<Lang>,
    pub theme: RwSignal<Theme>,
    /// What the theme comes to.
    pub dark: RwSignal<bool>,
    /// Whether things may move.
    pub motion: RwSignal<bool>,
    /// Stay with the plain text field.
    pub plain_editor: RwSignal<bool>,
}

impl Prefs {
    pub fn new() -> Self {
        let root = document::root();
        let theme = Theme::named(storage::read_word("kubarium.theme").as_deref().unwrap_or_default());
        let prefs = Self {
            lang: RwSignal::new(if root.get_attribute("lang").as_deref() == Some("en") { Lang::En } else { Lang::Ko }),
            theme: RwSignal::new(theme),
            dark: RwSignal::new(root.get_attribute("data-theme").as_deref() == Some("dark")),
            motion: RwSignal::new(!document::matches("(prefers-reduced-motion: reduce)")),
            plain_editor: RwSignal::new(storage::read_word("kubarium.editor").as_deref() == Some("plain")),
        };
        document::on_media("(prefers-color-scheme: dark)", move |_| prefs.show_theme());
        document::on_media("(prefers-reduced-motion: reduce)", move |calm| prefs.choose_motion(!calm));
        prefs
    }

    pub fn words(&self) -> &'static Words {
        Words::of(self.lang.get())
    }

    pub fn words_now(&self) -> &'static Words {
        Words::of(self.lang.get_untracked())
    }

    pub fn choose_lang(&self, lang: Lang) {
        let _ = document::root().set_attribute("lang", lang.code());
        storage::write_word("kubarium.lang", lang.code());
        self.lang.set(lang);
    }

    pub fn choose_theme(&self, theme: Theme) {
        storage::write_word("kubarium.theme", theme.word());
        self.theme.set(theme);
        self.show_theme();
    }

    pub fn next_theme(&self) {
        self.choose_theme(match self.theme.get_untracked() {
            Theme::Auto => Theme::Light,
            Theme::Light => Theme::Dark,
            Theme::Dark => Theme::Auto,
        });
    }

    fn show_theme(&self) {
        let dark = match self.theme.get_untracked() {
            Theme::Auto => document::matches("(prefers-color-scheme: dark)"),
            Theme::Light => false,
            Theme::Dark => true,
        };
        let _ = document::root().set_attribute("data-theme", if dark { "dark" } else { "light" });
        self.dark.set(dark);
    }

    /// Style sheets read the choice from the root.
    pub fn choose_motion(&self, moves: bool) {
        let _ = document::root().set_attribute("data-motion", if moves { "on" } else { "off" });
        self.motion.set(moves);
    }

    pub fn choose_plain_editor(&self, plain: bool) {
        storage::write_word("kubarium.editor", if plain { "plain" } else { "rich" });
        self.plain_editor.set(plain);
    }
}
