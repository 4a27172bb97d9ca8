//! What holds for the whole program: every statement, the printed rights, every page.
mod statements;
