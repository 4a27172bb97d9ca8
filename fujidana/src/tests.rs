//! What holds for the whole program: every statement, the printed rights, every page.
mod access;
mod headers;
mod health;
mod hostile;
mod log;
mod oversight;
mod pages;
mod probes;
mod protection;
mod replay;
mod rights;
mod routes;
mod sample_city;
mod security;
mod source;
mod statements;
mod step_up;
