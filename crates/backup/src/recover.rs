//! From the store back to a PostgreSQL server: a throw-away one that goes through the log, to be looked at and
//! to be poured into an empty database.
use std::io::Write;
use std::path::Path;
use std::process::{Child, Stdio};

use base::Clock;
use db::{Server, Store, Zone};
use vault::Keys;

use crate::BackupError;
use crate::object::{self, BASE, Generation, Manifest, SERVER, Segment};
use crate::restore::{Restored, Until, choose, compare, fetch, fetch_each};
use crate::scratch_server::ScratchServer;
use crate::target::Target;
use crate::tools::{Tool, reach};
use crate::wal::Piece;

/// A restored server that runs. It and everything it has go away when this is dropped.
#[derive(Debug)]
pub struct Recovered {
    pub restored: Restored,
    server: ScratchServer,
    url: String,
}

impl Recovered {
    /// The restored inner zone, to be read.
    ///
    /// # Errors
    /// The server does not answer.
    pub fn inside(&self) -> Result<Store, BackupError> {
        Ok(Store::open_postgres(&self.url, 1, Zone::Inside, &[], Clock::system())?)
    }

    /// Puts everything of ours into the empty database `url`, or nothing.
    ///
    /// # Errors
    /// A tool fails, or the database does not have the same rows afterwards.
    pub fn pour_into(&self, url: &str) -> Result<(), BackupError> {
        let mut dump = self.server.tool(Tool::Dump);
        reach(&mut dump, &self.url)?;
        let mut dump = Tool::Dump.start(ours(&mut dump).stdout(Stdio::piped()))?;
        let out = dump.stdout.take().expect("it is piped");
        let mut restore = self.server.tool(Tool::Restore);
        into(&mut restore, url)?;
        let restored = Tool::Restore.run(restore.stdin(Stdio::from(out)));
        Tool::Dump.finish(dump)?;
        restored?;
        compare(&self.restored.counts, &Server::connect(url)?.row_counts()?)
    }
}

/// Of the database, the schemas of our zones.
pub(crate) fn ours(dump: &mut std::process::Command) -> &mut std::process::Command {
    dump.args(["--format=custom", "--compress=0", "--no-owner", "--no-privileges"])
        .args(Zone::ALL.map(|zone| format!("--schema={}", zone.name())))
}

/// Everything or nothing.
fn into(restore: &mut std::process::Command, url: &str) -> Result<(), BackupError> {
    reach(restore, url)?;
    let environment = db::postgres_environment(url)?;
    let name = environment.iter().find(|(name, _)| *name == "PGDATABASE");
    let name = name.map_or("postgres", |(_, value)| value.as_str());
    restore.args(["--exit-on-error", "--single-transaction", "--no-owner", "--dbname", name]);
    Ok(())
}

/// Whether the store of copies has copies of a PostgreSQL server and none of an embedded store.
///
/// # Errors
/// The store of copies does not answer.
pub fn is_of_server(target: &dyn Target) -> Result<bool, BackupError> {
    let has = |source: &str| Ok::<_, BackupError>(!target.list(&format!("{source}/"))?.is_empty());
    Ok(has(SERVER)? && !has(Zone::Inside.name())?)
}

/// Puts the copy that reaches furthest towards `until` into the empty database `url`. A whole copy with its log comes
/// back on a throw-away server first, whose data lie in `scratch`; a dump comes back as it is.
///
/// # Errors
/// As [`recover`] and [`Recovered::pour_into`].
pub fn restore_into(
    target: &dyn Target,
    keys: &Keys,
    until: &Until,
    scratch: &Path,
    url: &str,
) -> Result<Restored, BackupError> {
    let (generation, segments) = choose(target, SERVER, until)?;
    let manifest = manifest(target, keys, &generation)?;
    if manifest.form == BASE {
        let recovered = recover(target, keys, until, scratch)?;
        recovered.pour_into(url)?;
        return Ok(recovered.restored);
    }
    let mut restore = Tool::Restore.command();
    into(&mut restore, url)?;
    pour(
        target,
        keys,
        &generation,
        &manifest,
        Tool::Restore,
        Tool::Restore.start(restore.stdin(Stdio::piped()))?,
    )?;
    finished(generation, &segments, manifest, url)
}

/// Restores the copy that reaches furthest towards `until` on a throw-away server, whose data lie in `scratch`.
///
/// # Errors
/// There is no copy, an object is missing or does not open, the server cannot go through the log, or it has other
/// rows than the dump.
pub fn recover(
    target: &dyn Target,
    keys: &Keys,
    until: &Until,
    scratch: &Path,
) -> Result<Recovered, BackupError> {
    let (generation, segments) = choose(target, SERVER, until)?;
    let manifest = manifest(target, keys, &generation)?;
    let Manifest { form, version, user, database, .. } = &manifest;
    let mut server = ScratchServer::new(scratch, (*form == BASE).then_some(*version))?;
    let url = if *form == BASE {
        lay_base(target, keys, &generation, &manifest, &server)?;
        lay_log(target, keys, &generation, &segments, &server)?;
        server.start(user, database)?
    } else {
        server.init(user)?;
        let first = server.start(user, "postgres")?;
        Server::connect(&first)?.create_database(database)?;
        let url = server.url(user, database);
        let mut restore = server.tool(Tool::Restore);
        into(&mut restore, &url)?;
        let child = Tool::Restore.start(restore.stdin(Stdio::piped()))?;
        pour(target, keys, &generation, &manifest, Tool::Restore, child)?;
        url
    };
    let restored = finished(generation, &segments, manifest, &url)?;
    Ok(Recovered { restored, server, url })
}

fn manifest(target: &dyn Target, keys: &Keys, generation: &Generation) -> Result<Manifest, BackupError> {
    let name = generation.manifest();
    serde_json::from_slice(&fetch(target, keys, &name)?).map_err(|_| object::damaged(&name))
}

/// Hands the chunks of a whole copy to a tool. Half a dump ends in a rollback.
fn pour(
    target: &dyn Target,
    keys: &Keys,
    generation: &Generation,
    manifest: &Manifest,
    tool: Tool,
    mut child: Child,
) -> Result<(), BackupError> {
    let mut input = child.stdin.take().expect("it is piped");
    let names: Vec<String> = (1..=manifest.chunks).map(|number| generation.chunk(number)).collect();
    let mut bytes = 0;
    let fetched = fetch_each(target, keys, &names, |_, chunk| {
        bytes += chunk.len() as u64;
        // A tool that has given up says why at its end.
        drop(input.write_all(&chunk));
        Ok(())
    });
    if fetched.is_err() || bytes != manifest.bytes {
        drop(child.kill());
        drop(child.wait());
        return fetched.and(Err(object::damaged(&generation.manifest())));
    }
    drop(input);
    tool.finish(child)
}

fn lay_base(
    target: &dyn Target,
    keys: &Keys,
    generation: &Generation,
    manifest: &Manifest,
    server: &ScratchServer,
) -> Result<(), BackupError> {
    let mut unpack = Tool::Tar.command();
    server.own(&mut unpack);
    unpack.args(["-x", "-f", "-", "-C"]).arg(&server.data).stdin(Stdio::piped());
    let child = Tool::Tar.start(&mut unpack)?;
    pour(target, keys, generation, manifest, Tool::Tar, child)?;
    let signal = server.data.join("recovery.signal");
    std::fs::write(&signal, "").map_err(|e| BackupError::file(&signal, &e))?;
    server.give(&signal)
}

/// The pieces of the log, each where it ends the one before.
fn lay_log(
    target: &dyn Target,
    keys: &Keys,
    generation: &Generation,
    segments: &[Segment],
    server: &ScratchServer,
) -> Result<(), BackupError> {
    let folder = server.data.join("pg_wal");
    let names: Vec<String> = segments.iter().map(|segment| generation.segment(*segment)).collect();
    let mut before: Option<Piece> = None;
    fetch_each(target, keys, &names, |name, plain| {
        let piece = Piece::decode(name, &plain)?;
        if before.as_ref().is_some_and(|before| !piece.follows(before)) {
            return Err(object::damaged(name));
        }
        server.give(&piece.lay(&folder)?)?;
        before = Some(piece);
        Ok(())
    })
}

/// What came back, with its rows.
fn finished(
    generation: Generation,
    segments: &[Segment],
    manifest: Manifest,
    url: &str,
) -> Result<Restored, BackupError> {
    let counts = Server::connect(url)?.row_counts()?;
    if manifest.form != BASE {
        compare(&manifest.counts, &counts)?;
    }
    let until = segments.last().map_or(generation.taken_at(), |segment| segment.until);
    Ok(Restored { generation, segments: segments.len() as u64, until, bytes: manifest.bytes, counts })
}
