//! Where a PostgreSQL database is, for its own tools (`pg_dump`, `pg_restore`).
use std::os::unix::ffi::OsStrExt;

use postgres::config::Host;
use postgres::{Client, Config, NoTls};

use crate::{DbError, Zone};

/// The environment that takes the tools to the database of `url`. Unlike arguments, nobody else on the machine can
/// read it, so the password may be in it.
///
/// # Errors
/// `url` is no connection string.
pub fn postgres_environment(url: &str) -> Result<Vec<(&'static str, String)>, DbError> {
    let config = config(url)?;
    let mut found = Vec::new();
    match config.get_hosts().first() {
        Some(Host::Tcp(host)) => found.push(("PGHOST", host.clone())),
        Some(Host::Unix(path)) => {
            found.push(("PGHOST", String::from_utf8_lossy(path.as_os_str().as_bytes()).into_owned()));
        }
        None => {}
    }
    found.extend(config.get_ports().first().map(|port| ("PGPORT", port.to_string())));
    found.extend(config.get_user().map(|user| ("PGUSER", user.to_owned())));
    found.extend(config.get_dbname().map(|name| ("PGDATABASE", name.to_owned())));
    let password = config.get_password().map(|word| String::from_utf8_lossy(word).into_owned());
    found.extend(password.map(|word| ("PGPASSWORD", word)));
    Ok(found)
}

/// Nothing of ours is in the database yet.
///
/// # Errors
/// It cannot be reached.
pub fn postgres_is_empty(url: &str) -> Result<bool, DbError> {
    let refused = |e: postgres::Error| DbError::Unusable(format!("PostgreSQL につなげません: {e}"));
    let mut client: Client = config(url)?.connect(NoTls).map_err(refused)?;
    let ask = "SELECT COUNT(*) FROM pg_namespace WHERE nspname = ANY($1)";
    let names: Vec<&str> = Zone::ALL.iter().map(|zone| zone.name()).collect();
    let count: i64 = client.query_one(ask, &[&names]).map_err(refused)?.get(0);
    Ok(count == 0)
}

pub(crate) fn config(url: &str) -> Result<Config, DbError> {
    url.parse().map_err(|e| DbError::Unusable(format!("接続先の書き方が違います: {e}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, expected: &[(&str, &str)]) {
        let found = postgres_environment(url).expect("a connection string");
        let found: Vec<(&str, &str)> = found.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_connection_string_becomes_an_environment() {
        check(
            "host=/run/postgresql dbname=city user=city",
            &[("PGHOST", "/run/postgresql"), ("PGUSER", "city"), ("PGDATABASE", "city")],
        );
        check(
            "postgresql://clerk:word@db.example:6432/city",
            &[
                ("PGHOST", "db.example"),
                ("PGPORT", "6432"),
                ("PGUSER", "clerk"),
                ("PGDATABASE", "city"),
                ("PGPASSWORD", "word"),
            ],
        );
    }
}
