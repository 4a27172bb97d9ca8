//! What holds for the whole program: every statement, the printed rights, every page.
mod access;
mod headers;
mod hostile;
mod log;
mod pages;
mod probes;
mod replay;
mod rights;
mod routes;
mod sample_city;
mod source;
mod statements;
