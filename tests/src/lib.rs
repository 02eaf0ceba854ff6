//! Whole-system tests live in `tidy.rs`, `stories/` and `tests/`.
