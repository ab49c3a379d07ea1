//! The shell and kubectl: verbs and printers. Sees only requests and responses.
