//! Stories and one `[[feed]]` → `Edition`.
