//! The names and forms of the objects of a copy.
//!
//! `inside/GENERATION/snapshot-00001 …`, `…/manifest` (put last: it makes the generation complete) and
//! `…/segment-0000000001-INSTANT …`. Each is compressed and then sealed for its name, so that an object that
//! was swapped, renamed or reordered does not open.
use std::collections::BTreeMap;
use std::fmt;
use std::io::{Read, Write};

use base::At;
use db::{Changes, RowCounts};
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;
use serde::{Deserialize, Serialize};
use vault::{KeyUse, Keys};

use crate::BackupError;

/// Bytes of the database in one object of a snapshot.
pub(crate) const CHUNK: usize = 8 << 20;

/// The source of copies of a PostgreSQL server.
pub(crate) const SERVER: &str = "postgres";
/// The forms of a whole copy: a database file or a dump, and the archive of a server's files.
pub(crate) const DUMP: u32 = 1;
pub(crate) const BASE: u32 = 2;

/// A copy from its beginning: the whole database, and what was committed since. Named after its first instant.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Generation {
    /// `inside`, `portal` or `postgres`.
    source: &'static str,
    taken_at: At,
}

impl Generation {
    pub(crate) fn new(source: &'static str, taken_at: At) -> Self {
        Self { source, taken_at }
    }

    pub fn taken_at(&self) -> At {
        self.taken_at
    }

    pub(crate) fn manifest(&self) -> String {
        format!("{self}/manifest")
    }
    /// From 1.
    pub(crate) fn chunk(&self, number: u32) -> String {
        format!("{self}/snapshot-{number:05}")
    }
    pub(crate) fn segment(&self, segment: Segment) -> String {
        format!("{self}/segment-{:010}-{:016}", segment.number, segment.until.micros())
    }

    /// The generation and what of it an object is.
    pub(crate) fn parse(source: &'static str, name: &str) -> Option<(Self, Part)> {
        let mut parts = name.split('/');
        let (found, generation, part) = (parts.next()?, parts.next()?, parts.next()?);
        let (_, micros) = generation.rsplit_once('-')?;
        let generation = Self::new(source, At::from_micros(micros.parse().ok()?));
        let part = match part.split_once('-') {
            None if part == "manifest" => Part::Manifest,
            Some(("snapshot", _)) => Part::Chunk,
            Some(("segment", rest)) => {
                let (number, until) = rest.split_once('-')?;
                let until = At::from_micros(until.parse().ok()?);
                Part::Segment(Segment { number: number.parse().ok()?, until })
            }
            _ => return None,
        };
        (found == source).then_some((generation, part))
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}-{:016}", self.source, self.taken_at.date(), self.taken_at.micros())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Chunk,
    Manifest,
    Segment(Segment),
}

/// Some whole commits: the number within the generation, from 1, and when they were read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Segment {
    pub number: u64,
    pub until: At,
}

/// What a whole generation has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub form: u32,
    pub bytes: u64,
    pub chunks: u32,
    /// Rows of each table in the snapshot; empty for a server's files, which no snapshot can be told of.
    pub counts: RowCounts,
    /// Of PostgreSQL: who owns what is in it, and in which database it lies.
    #[serde(default)]
    pub user: String,
    #[serde(default)]
    pub database: String,
    /// 15: a server of another version cannot read these files.
    #[serde(default)]
    pub version: u32,
}

pub(crate) fn seal(keys: &Keys, name: &str, plain: &[u8]) -> Vec<u8> {
    let mut deflate = DeflateEncoder::new(Vec::with_capacity(plain.len() / 3), Compression::fast());
    let written = deflate.write_all(plain).and_then(|()| deflate.finish());
    let small = written.expect("writing to memory does not fail");
    keys.cipher(KeyUse::Backup).seal(name.as_bytes(), &small)
}

pub(crate) fn open(keys: &Keys, name: &str, sealed: &[u8]) -> Result<Vec<u8>, BackupError> {
    let opened = keys.cipher(KeyUse::Backup).open(name.as_bytes(), sealed);
    let small = opened.map_err(|why| BackupError::Sealed { name: name.to_owned(), why })?;
    let mut plain = Vec::with_capacity(small.len() * 3);
    DeflateDecoder::new(small.as_slice()).read_to_end(&mut plain).map_err(|_| damaged(name))?;
    Ok(plain)
}

/// Page size, pages of the database afterwards, then number and bytes of each changed page.
pub(crate) fn encode(changes: &Changes) -> Vec<u8> {
    let page_size = changes.changed.values().next().map_or(0, Vec::len);
    let mut out = Vec::with_capacity(8 + changes.changed.len() * (4 + page_size));
    out.extend_from_slice(&u32::try_from(page_size).expect("a page is small").to_be_bytes());
    out.extend_from_slice(&changes.pages.to_be_bytes());
    for (number, page) in &changes.changed {
        out.extend_from_slice(&number.to_be_bytes());
        out.extend_from_slice(page);
    }
    out
}

/// The page size and the changes.
pub(crate) fn decode(name: &str, plain: &[u8]) -> Result<(usize, Changes), BackupError> {
    let (page_size, rest) = plain.split_first_chunk::<4>().ok_or_else(|| damaged(name))?;
    let (pages, rest) = rest.split_first_chunk::<4>().ok_or_else(|| damaged(name))?;
    let page_size = u32::from_be_bytes(*page_size) as usize;
    let records = rest.chunks_exact(4 + page_size);
    if page_size < 512 || !records.remainder().is_empty() {
        return Err(damaged(name));
    }
    let changed: BTreeMap<u32, Vec<u8>> = records
        .map(|record| {
            let (number, page) = record.split_at(4);
            (u32::from_be_bytes(number.try_into().expect("four bytes")), page.to_vec())
        })
        .collect();
    Ok((page_size, Changes { pages: u32::from_be_bytes(*pages), changed }))
}

pub(crate) fn damaged(name: &str) -> BackupError {
    BackupError::Damaged { name: name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(part: Part, name: &str) {
        let generation = Generation::new("inside", testkit::MORNING);
        let expected = match part {
            Part::Manifest => generation.manifest(),
            Part::Chunk => generation.chunk(7),
            Part::Segment(segment) => generation.segment(segment),
        };
        assert_eq!(name, expected);
        assert_eq!(Generation::parse("inside", name), Some((generation, part)));
        assert_eq!(Generation::parse("portal", name), None);
    }

    #[test]
    fn names_say_what_an_object_is() {
        check(Part::Manifest, "inside/2026-11-24-1795479240000000/manifest");
        check(Part::Chunk, "inside/2026-11-24-1795479240000000/snapshot-00007");
        let segment = Segment { number: 12, until: testkit::MORNING.plus_seconds(1) };
        check(
            Part::Segment(segment),
            "inside/2026-11-24-1795479240000000/segment-0000000012-1795479241000000",
        );
        assert_eq!(Generation::parse("inside", "inside/2026-11-24-x/manifest"), None);
        assert_eq!(Generation::parse("inside", "inside/notes"), None);
    }

    #[test]
    fn an_object_opens_under_its_own_name_alone() {
        let scratch = testkit::Scratch::new();
        let keys = Keys::open(&scratch.path.join("keys")).expect("keys");
        let changes = Changes { pages: 9, changed: [(2, vec![7; 4096]), (9, vec![8; 4096])].into() };
        let sealed = seal(&keys, "a", &encode(&changes));
        assert!(sealed.len() < 1000, "compressed");
        assert!(!sealed.windows(16).any(|bytes| bytes == [7; 16]), "sealed");
        let plain = open(&keys, "a", &sealed).expect("opens");
        assert_eq!(decode("a", &plain).expect("readable"), (4096, changes));
        assert!(matches!(open(&keys, "b", &sealed), Err(BackupError::Sealed { .. })));
        assert!(matches!(decode("a", &plain[..plain.len() - 1]), Err(BackupError::Damaged { .. })));
    }
}
