//! desks
