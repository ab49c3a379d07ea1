//! Debian's packages: apt-get, apt-mark, apt-cache, dpkg, and gpg as far as repositories need it.
mod apt;
mod change;
mod gpg;
mod lists;
mod look;
mod mark;

pub use apt::apt;
pub use gpg::gpg;
pub use look::{apt_cache, dpkg};
pub use mark::apt_mark;
