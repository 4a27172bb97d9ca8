//! From the store back to a database.
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::thread;

use base::At;
use db::{RowCounts, Zone, check_file};
use vault::Keys;

use crate::BackupError;
use crate::object::{self, Generation, Manifest, Part, Segment};
use crate::target::Target;

/// Objects that are fetched at the same time: 8 MiB each at most.
const AT_ONCE: usize = 8;

/// How far a restore goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Until {
    Newest,
    /// What was committed by then.
    Instant(At),
    /// The generation up to one of its segments: a drill compares this very state.
    Place(Generation, u64),
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Restored {
    pub generation: Generation,
    pub segments: u64,
    /// The last commit that is in it came before this.
    pub until: At,
    pub bytes: u64,
    /// Rows of each table at the end; those of the snapshot were as its manifest says.
    pub counts: RowCounts,
}

/// The objects of one generation.
#[derive(Debug, Default)]
pub(crate) struct Held {
    pub complete: bool,
    pub bytes: u64,
    pub names: Vec<String>,
    /// In the order of the numbers.
    pub segments: Vec<Segment>,
}

/// What the store holds of a source, the oldest generation first.
pub(crate) fn held(
    target: &dyn Target,
    source: &'static str,
) -> Result<BTreeMap<Generation, Held>, BackupError> {
    let mut generations: BTreeMap<Generation, Held> = BTreeMap::new();
    for object in target.list(&format!("{source}/"))? {
        let Some((generation, part)) = Generation::parse(source, &object.name) else { continue };
        let held = generations.entry(generation).or_default();
        held.bytes += object.bytes;
        held.names.push(object.name);
        match part {
            Part::Manifest => held.complete = true,
            Part::Segment(segment) => held.segments.push(segment),
            Part::Chunk => {}
        }
    }
    generations.values_mut().for_each(|held| held.segments.sort_unstable());
    Ok(generations)
}

/// Writes the database of `zone` to the new file `path`, looks through it, and counts its rows.
///
/// # Errors
/// There is no complete copy, an object is missing or does not open, or the database is not whole.
pub fn restore_zone(
    target: &dyn Target,
    keys: &Keys,
    zone: Zone,
    path: &Path,
    until: &Until,
) -> Result<Restored, BackupError> {
    let (generation, segments) = choose(target, zone.name(), until)?;
    let file = OpenOptions::new().create_new(true).read(true).write(true).open(path);
    let file = file.map_err(|e| BackupError::file(path, &e))?;
    let manifest = write_snapshot(target, keys, &generation, path, &file)?;
    // A snapshot that lost rows is found here, before anything is laid over it.
    compare(&manifest.counts, &check_file(path, false)?)?;
    let mut bytes = manifest.bytes;
    let names: Vec<String> = segments.iter().map(|segment| generation.segment(*segment)).collect();
    fetch_each(target, keys, &names, |name, plain| {
        bytes = lay_segment(name, &plain, &file, bytes)
            .map_err(|refused| refused.unwrap_or_else(|e| BackupError::file(path, &e)))?;
        Ok(())
    })?;
    file.sync_all().map_err(|e| BackupError::file(path, &e))?;
    drop(file);
    let counts = check_file(path, true)?;
    let until = segments.last().map_or(generation.taken_at(), |segment| segment.until);
    Ok(Restored { generation, segments: segments.len() as u64, until, bytes, counts })
}

/// The complete generation that reaches furthest towards `until`, and its segments without a gap.
pub(crate) fn choose(
    target: &dyn Target,
    source: &'static str,
    until: &Until,
) -> Result<(Generation, Vec<Segment>), BackupError> {
    let fits = |generation: &Generation| match until {
        Until::Newest => true,
        Until::Instant(at) => generation.taken_at() <= *at,
        Until::Place(wanted, _) => generation == wanted,
    };
    let wanted = |segment: &Segment| match until {
        Until::Newest => true,
        Until::Instant(at) => segment.until <= *at,
        Until::Place(_, last) => segment.number <= *last,
    };
    let known =
        held(target, source)?.into_iter().filter(|(generation, held)| held.complete && fits(generation));
    let reaching = known.map(|(generation, held)| {
        let mut segments: Vec<Segment> = held.segments.into_iter().filter(wanted).collect();
        // After a kill a segment may have been made again, from the same place and further: the later one counts.
        segments.reverse();
        segments.dedup_by_key(|segment| segment.number);
        segments.reverse();
        let reach = segments.last().map_or(generation.taken_at(), |segment| segment.until);
        (reach, generation, segments)
    });
    let furthest = reaching.max_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    let (_, generation, segments) = furthest.ok_or_else(|| BackupError::Nothing { place: target.label() })?;
    let last = match until {
        Until::Place(_, last) => *last,
        _ => segments.last().map_or(0, |segment| segment.number),
    };
    for number in 1..=last {
        if segments.get(number as usize - 1).is_none_or(|segment| segment.number != number) {
            return Err(BackupError::Missing { name: format!("{generation}/segment-{number:010}") });
        }
    }
    Ok((generation, segments))
}

pub(crate) fn fetch(target: &dyn Target, keys: &Keys, name: &str) -> Result<Vec<u8>, BackupError> {
    object::open(keys, name, &target.get(name)?)
}

/// Fetches some at once and hands them over in their order: a store far away answers each only after a while.
pub(crate) fn fetch_each(
    target: &dyn Target,
    keys: &Keys,
    names: &[String],
    mut take: impl FnMut(&str, Vec<u8>) -> Result<(), BackupError>,
) -> Result<(), BackupError> {
    for some in names.chunks(AT_ONCE) {
        let fetched: Vec<Result<Vec<u8>, BackupError>> = thread::scope(|scope| {
            let threads: Vec<_> =
                some.iter().map(|name| scope.spawn(move || fetch(target, keys, name))).collect();
            threads.into_iter().map(|thread| thread.join().expect("fetching does not panic")).collect()
        });
        for (name, plain) in some.iter().zip(fetched) {
            take(name, plain?)?;
        }
    }
    Ok(())
}

fn write_snapshot(
    target: &dyn Target,
    keys: &Keys,
    generation: &Generation,
    path: &Path,
    file: &File,
) -> Result<Manifest, BackupError> {
    let name = generation.manifest();
    let manifest: Manifest =
        serde_json::from_slice(&fetch(target, keys, &name)?).map_err(|_| object::damaged(&name))?;
    let chunks: Vec<String> = (1..=manifest.chunks).map(|number| generation.chunk(number)).collect();
    let mut at = 0;
    fetch_each(target, keys, &chunks, |_, chunk| {
        file.write_all_at(&chunk, at).map_err(|e| BackupError::file(path, &e))?;
        at += chunk.len() as u64;
        Ok(())
    })?;
    if at == manifest.bytes { Ok(manifest) } else { Err(object::damaged(&name)) }
}

/// Gives the size of the database afterwards. An `Err(Err(_))` is the file's.
fn lay_segment(
    name: &str,
    plain: &[u8],
    file: &File,
    before: u64,
) -> Result<u64, Result<BackupError, std::io::Error>> {
    let (page_size, changes) = object::decode(name, plain).map_err(Ok)?;
    for (number, page) in &changes.changed {
        let index = u64::from(number.checked_sub(1).ok_or_else(|| Ok(object::damaged(name)))?);
        file.write_all_at(page, index * page_size as u64).map_err(Err)?;
    }
    let after = u64::from(changes.pages) * page_size as u64;
    if after != before {
        file.set_len(after).map_err(Err)?;
    }
    Ok(after)
}

/// Both have the same tables with as many rows.
///
/// # Errors
/// The first table that differs.
pub fn compare(copied: &RowCounts, found: &RowCounts) -> Result<(), BackupError> {
    let of = |counts: &RowCounts, table: &str| {
        counts.iter().find(|(name, _)| name == table).map_or(-1, |(_, rows)| *rows)
    };
    let tables = copied.iter().chain(found).map(|(table, _)| table);
    match tables.map(|table| (table, of(copied, table), of(found, table))).find(|(_, a, b)| a != b) {
        None => Ok(()),
        Some((table, copied, found)) => Err(BackupError::Counts { table: table.clone(), copied, found }),
    }
}
