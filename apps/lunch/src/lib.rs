//! lunch
