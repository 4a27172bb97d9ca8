//! Is the log whole? Everything is computed anew: each row's hashes, the tiles, the roots, the signatures.
use std::collections::{HashMap, HashSet};

use base::{At, Id, MunicipalityId};
use db::{DbError, Store, Tx, Value, params, sql};
use ed25519_dalek::VerifyingKey;
use merkle::{Frontier, Hash};
use thiserror::Error;

use crate::checkpoint::{self, BadNote, open_note};
use crate::countersign::Witness;
use crate::leaf::{canonical, hash_personal};
use crate::seal::head;
use crate::source::Source;
use crate::succession::{self, with_heirs};
use crate::tiles::{TILE, column, hashes, position};

/// Rows of one read.
const SLICE: i64 = 4000;
/// Tiles of one read.
const TILES: i64 = 512;

/// Damage in one place: neighbours of the same kind are one range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// What is damaged: a source's title, or a part of the tree.
    pub what: &'static str,
    /// What is wrong with it.
    pub why: &'static str,
    /// The first and the last number: ids of rows, or numbers of leaves.
    pub first: i64,
    pub last: i64,
    pub count: u64,
    pub numbers: Numbers,
}

/// What the numbers of a [`Damage`] are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Numbers {
    Rows,
    Leaves,
}

impl std::fmt::Display for Damage {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "{}: {}（{}件、", self.what, self.why, self.count)?;
        match self.numbers {
            Numbers::Leaves => write!(out, "葉{}から{}まで）", self.first, self.last),
            Numbers::Rows => {
                let (first, last) = (Id::<()>::new(self.first), Id::<()>::new(self.last));
                write!(out, "{first}（{}）から{last}（{}）まで）", told(first.at()), told(last.at()))
            }
        }
    }
}

fn told(at: At) -> String {
    let (hour, minute) = at.hour_minute();
    format!("{} {hour}:{minute:02}", at.date())
}

/// Why the log does not count as countersigned (副署).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Uncountersigned {
    #[error("書き出したチェックポイントがないので、副署を確かめられません")]
    Nothing,
    #[error(
        "いちばん新しい書き出し（葉{size}まで）に、この鍵の副署がありません。{}",
        last.map_or("前のものにもありません".to_owned(), |last| format!("副署があるのは葉{last}までです"))
    )]
    Absent { size: u64, last: Option<u64> },
    #[error("葉{0}までの書き出しの副署が合いません")]
    Wrong(u64),
    #[error("副署のある葉{0}までの木が、いまの木と違います")]
    OtherTree(u64),
}

/// The answer.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Report {
    /// Rows whose hashes were computed anew.
    pub records: u64,
    /// Of these, rows that wait for their number in the tree.
    pub unsealed: u64,
    /// Rows whose personal part was deleted; the rest of them holds.
    pub erased: u64,
    pub leaves: u64,
    pub root: Option<Hash>,
    pub checkpoints: u64,
    /// Exported checkpoints that agree with the log.
    pub outside: u64,
    /// Up to here a signature stands for the log.
    pub signed: u64,
    /// What [`Trust::countersigned_by`] asks for: up to where and when, or why not.
    pub countersigned: Option<Result<(u64, At), Uncountersigned>>,
    pub damages: Vec<Damage>,
}

impl Report {
    pub fn is_whole(&self) -> bool {
        self.damages.is_empty()
    }

    fn add(&mut self, what: &'static str, why: &'static str, numbers: Numbers, number: i64) {
        if let Some(last) = self.damages.iter_mut().rev().find(|d| (d.what, d.why) == (what, why)) {
            // Neighbours in the order of reading: what lies between two damaged rows is named with them.
            last.last = last.last.max(number);
            last.first = last.first.min(number);
            last.count += 1;
            return;
        }
        self.damages.push(Damage { what, why, first: number, last: number, count: 1, numbers });
    }
}

const TREE: &str = "監査の木";
const NOTE: &str = "チェックポイント";
const OUTSIDE: &str = "書き出したチェックポイント";

/// What the verifier believes beside the store: it comes from outside.
#[derive(Debug, Default, Clone)]
pub struct Trust {
    /// Whose signatures count, and those of the keys that the store's notes hand over to.
    pub keys: Vec<VerifyingKey>,
    /// Checkpoints that were exported before: the log of today must still begin like that.
    pub notes: Vec<String>,
    /// Whose countersignature the newest of these notes must have.
    pub countersigned_by: Option<Witness>,
}

/// Verifies the whole log of one city, beside a running program as well.
///
/// # Errors
/// The store cannot be read. Damage is no error: it is in the report.
pub fn verify(
    store: &Store,
    city: MunicipalityId,
    sources: &'static [&'static Source],
    trust: &Trust,
) -> Result<Report, DbError> {
    let mut report = Report::default();
    let stored = store.read_blocking(city, checkpoint::stored)?;
    let keys = with_heirs(city, &trust.keys, &store.read_blocking(city, succession::stored)?);
    let outside: Vec<_> = trust.notes.iter().map(|note| open_note(city, note, &keys)).collect();
    let sizes = stored.iter().map(|(size, _, _)| *size);
    let sizes = sizes.chain(outside.iter().flatten().map(|(size, _, _)| column(*size))).collect();
    let tree = read_tree(store, city, &sizes, &mut report)?;
    check_notes(city, &stored, &keys, &tree, &mut report);
    check_outside(&outside, &tree, &mut report);
    let witness = trust.countersigned_by.as_ref();
    report.countersigned = witness.map(|witness| countersigned(witness, &trust.notes, &outside, &tree));
    let mut seen = vec![0u64; tree.leaves.len().div_ceil(64)];
    for source in sources {
        read_rows(store, city, source, &tree, &mut seen, &mut report)?;
    }
    for no in 0..tree.leaves.len() {
        if seen[no / 64] & (1 << (no % 64)) == 0 {
            report.add(TREE, "葉の行がありません", Numbers::Leaves, column(no as u64));
        }
    }
    Ok(report)
}

/// The tree as the tiles have it.
struct Tree {
    leaves: Vec<Hash>,
    /// Roots at the sizes of the checkpoints.
    roots: HashMap<u64, Hash>,
}

fn read_tree(
    store: &Store,
    city: MunicipalityId,
    sizes: &HashSet<i64>,
    report: &mut Report,
) -> Result<Tree, DbError> {
    let frontier = store.read_blocking(city, |tx| Ok::<_, DbError>(head(tx)))?;
    let mut grown = Frontier::default();
    let mut tree = Tree { leaves: Vec::new(), roots: HashMap::new() };
    let mut from = 0;
    loop {
        let tiles = store.read_blocking(city, move |tx| tiles_of(tx, 0, from))?;
        let Some((last, _)) = tiles.last() else { break };
        let next = last + 1;
        for (no, bytes) in tiles {
            if no != column(tree.leaves.len() as u64 / TILE) {
                report.add(TREE, "板が欠けています", Numbers::Leaves, no * column(TILE));
            }
            let Ok(part) = hashes(&bytes) else {
                report.add(TREE, "板の長さが違います", Numbers::Leaves, no * column(TILE));
                continue;
            };
            for leaf in part {
                grown.push(leaf);
                tree.leaves.push(leaf);
                if sizes.contains(&column(grown.size())) {
                    tree.roots.insert(grown.size(), grown.root());
                }
            }
        }
        from = next;
    }
    match frontier {
        Ok(stored) if stored.clone().unwrap_or_default() == grown => {}
        _ => report.add(TREE, "先頭の行が木と合いません", Numbers::Leaves, column(grown.size())),
    }
    let expected = check_upper(store, city, &tree.leaves, report)?;
    let count = sql!("SELECT COUNT(*) FROM audit_tile WHERE municipality_id = $1");
    if store.read_blocking(city, move |tx| tx.one(count, params![], |r| r.take::<i64>()))? != expected {
        report.add(TREE, "余分な板があります", Numbers::Leaves, column(grown.size()));
    }
    report.leaves = grown.size();
    report.root = (grown.size() > 0).then(|| grown.root());
    Ok(tree)
}

fn tiles_of(tx: &mut Tx<'_>, level: i64, from: i64) -> Result<Vec<(i64, Vec<u8>)>, DbError> {
    let some = sql!(
        "SELECT tile_no, hashes FROM audit_tile
          WHERE municipality_id = $1 AND level = $2 AND tile_no >= $3 ORDER BY tile_no LIMIT $4"
    );
    tx.all(some, params![level, from, TILES], |r| Ok((r.take()?, r.take()?)))
}

/// The levels above must follow from the leaves. Gives how many tiles there should be.
fn check_upper(
    store: &Store,
    city: MunicipalityId,
    leaves: &[Hash],
    report: &mut Report,
) -> Result<i64, DbError> {
    let mut below: Vec<Hash> = leaves.to_vec();
    let mut tiles = below.len().div_ceil(256);
    for level in 1i64..8 {
        let expected: Vec<Hash> = below.chunks_exact(256).map(root).collect();
        let mut found = Vec::new();
        let mut from = 0;
        loop {
            let tiles = store.read_blocking(city, move |tx| tiles_of(tx, level, from))?;
            let Some((last, _)) = tiles.last() else { break };
            from = last + 1;
            found.extend(tiles.iter().flat_map(|(_, bytes)| hashes(bytes).unwrap_or_default()));
        }
        if found != expected {
            let at = found.iter().zip(&expected).position(|(a, b)| a != b);
            let at = at.unwrap_or(found.len().min(expected.len()));
            let leaf = column(at as u64 * TILE.pow(u32::try_from(level).unwrap_or(u32::MAX)));
            report.add(TREE, "上の段が葉と合いません", Numbers::Leaves, leaf);
        }
        if expected.is_empty() {
            return Ok(column(tiles as u64));
        }
        tiles += expected.len().div_ceil(256);
        below = expected;
    }
    unreachable!("eight levels hold 2^64 leaves")
}

fn root(leaves: &[Hash]) -> Hash {
    let mut frontier = Frontier::default();
    leaves.iter().for_each(|leaf| frontier.push(*leaf));
    frontier.root()
}

fn check_notes(
    city: MunicipalityId,
    stored: &[checkpoint::Stored],
    keys: &[VerifyingKey],
    tree: &Tree,
    report: &mut Report,
) {
    for (size, note, signed_at) in stored {
        report.checkpoints += 1;
        match open_note(city, note, keys) {
            Err(_) => report.add(NOTE, "署名が確かめられません", Numbers::Leaves, *size),
            Ok((signed, _, at)) if column(signed) != *size || at != *signed_at => {
                report.add(NOTE, "署名した大きさや日時と違います", Numbers::Leaves, *size);
            }
            Ok((signed, root, _)) if tree.roots.get(&signed) != Some(&root) => {
                report.add(NOTE, "署名したときの木と違います", Numbers::Leaves, *size);
            }
            Ok((signed, _, _)) => report.signed = report.signed.max(signed),
        }
    }
}

/// Somebody who has the store and the key may write a whole new log; not what was exported before.
fn check_outside(notes: &[Result<(u64, Hash, At), BadNote>], tree: &Tree, report: &mut Report) {
    for note in notes {
        match note {
            Err(_) => report.add(OUTSIDE, "署名が確かめられません", Numbers::Leaves, -1),
            Ok((size, root, _)) if tree.roots.get(size) != Some(root) => {
                report.add(OUTSIDE, "いまの木と違います", Numbers::Leaves, column(*size));
            }
            Ok(_) => report.outside += 1,
        }
    }
}

/// The newest exported note, countersigned, and still in the tree.
fn countersigned(
    witness: &Witness,
    notes: &[String],
    opened: &[Result<(u64, Hash, At), BadNote>],
    tree: &Tree,
) -> Result<(u64, At), Uncountersigned> {
    let mut found = Vec::new();
    for (note, opened) in notes.iter().zip(opened) {
        if let Ok((size, root, _)) = opened {
            let at = witness.countersigned_at(note).map_err(|_| Uncountersigned::Wrong(*size))?;
            found.push((*size, at, root));
        }
    }
    let &(size, at, root) = found.iter().max().ok_or(Uncountersigned::Nothing)?;
    let last = found.iter().filter(|(_, at, _)| at.is_some()).map(|(size, _, _)| *size).max();
    let at = at.ok_or(Uncountersigned::Absent { size, last })?;
    if tree.roots.get(&size) == Some(root) { Ok((size, at)) } else { Err(Uncountersigned::OtherTree(size)) }
}

/// One row as `Source::rows` gives it.
struct Row {
    leaf_no: Option<i64>,
    leaf_hash: Option<Vec<u8>>,
    personal_hash: Option<Vec<u8>>,
    salt: Option<Vec<u8>>,
    values: Vec<Value>,
}

fn read_rows(
    store: &Store,
    city: MunicipalityId,
    source: &'static Source,
    tree: &Tree,
    seen: &mut [u64],
    report: &mut Report,
) -> Result<(), DbError> {
    let mut after = i64::MIN;
    loop {
        let rows = store.read_blocking(city, move |tx| {
            tx.all(source.rows, params![after, SLICE], |r| {
                let (leaf_no, leaf_hash, personal_hash, salt) = (r.take()?, r.take()?, r.take()?, r.take()?);
                Ok(Row { leaf_no, leaf_hash, personal_hash, salt, values: r.rest() })
            })
        })?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = id_of(last)?;
        for row in &rows {
            let id = id_of(row)?;
            report.records += 1;
            if let Err(why) = check_row(source, city, row, tree, seen, report) {
                report.add(source.title, why, Numbers::Rows, id);
            }
        }
    }
}

fn id_of(row: &Row) -> Result<i64, DbError> {
    match row.values.first() {
        Some(Value::Int(id)) => Ok(*id),
        _ => Err(DbError::Unusable("監査の対象の行に番号がありません".to_owned())),
    }
}

fn check_row(
    source: &Source,
    city: MunicipalityId,
    row: &Row,
    tree: &Tree,
    seen: &mut [u64],
    report: &mut Report,
) -> Result<(), &'static str> {
    let (public, personal) = row.values.split_at(source.public);
    let hash = |bytes: &Option<Vec<u8>>| bytes.as_deref().and_then(|bytes| Hash::try_from(bytes).ok());
    let (Some(leaf_hash), Some(personal_hash)) = (hash(&row.leaf_hash), hash(&row.personal_hash)) else {
        return Err("ハッシュがありません");
    };
    // Checked first: a row whose content was changed still stands for its leaf.
    let placed = match row.leaf_no {
        None => {
            report.unsealed += 1;
            Ok(())
        }
        Some(no) => place(no, &leaf_hash, tree, seen),
    };
    match &row.salt {
        Some(salt) if hash_personal(salt, personal) != personal_hash => {
            return Err("内容が書き換えられています");
        }
        Some(_) => {}
        None if personal.iter().all(is_erased) => report.erased += 1,
        None => return Err("内容が書き換えられています"),
    }
    if merkle::leaf_hash(&canonical(source.name, city, public, &personal_hash)) != leaf_hash {
        return Err("内容が書き換えられています");
    }
    placed
}

/// Erasing a row's personal part leaves NULL or nothing.
fn is_erased(value: &Value) -> bool {
    match value {
        Value::Text(text) => text.is_empty(),
        Value::Blob(bytes) => bytes.is_empty(),
        other => *other == Value::Null,
    }
}

fn place(no: i64, leaf: &Hash, tree: &Tree, seen: &mut [u64]) -> Result<(), &'static str> {
    let no = position(no).ok().and_then(|no| usize::try_from(no).ok()).ok_or("木のなかの番号が違います")?;
    if tree.leaves.get(no) != Some(leaf) {
        return Err("木の葉と違います");
    }
    let (word, bit) = (no / 64, 1 << (no % 64));
    if seen[word] & bit != 0 {
        return Err("同じ葉の行が二つあります");
    }
    seen[word] |= bit;
    Ok(())
}
