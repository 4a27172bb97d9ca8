//! The growth of a log as a proof file shows it: for whoever has neither the store nor trust in it.
use base::MunicipalityId;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::VerifyingKey;
use merkle::Hash;
use serde_json::Value as Json;
use thiserror::Error;

use crate::checkpoint::{BadNote, open_note};
use crate::succession::with_heirs;

/// What is wrong with a proof file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BadHistory {
    #[error("fujidana-log/1 の証明のファイルではありません")]
    Head,
    #[error("証明のファイルの{0}行目が読めません")]
    Line(usize),
    #[error("証明のファイルの{0}行目: {1}")]
    Note(usize, BadNote),
    #[error("証明のファイルの{line}行目: 葉{new}までの木は、葉{old}までの木の続きではありません")]
    Growth { line: usize, old: u64, new: u64 },
    #[error("証明のファイルにチェックポイントがありません")]
    Empty,
}

/// Every checkpoint of a log, each signed and each grown from the one before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    pub city: MunicipalityId,
    /// The key of the city that was trusted.
    pub city_key: VerifyingKey,
    /// That key and those it leads to.
    pub(crate) keys: Vec<VerifyingKey>,
    /// Sizes and roots, the smallest first.
    trees: Vec<(u64, Hash)>,
}

impl History {
    /// Reads what [`crate::proof_file`] gives, its records apart, and checks all of it. Without `trusted` the first
    /// key is the one that the file names: somebody has to compare it with the paper.
    ///
    /// # Errors
    /// [`BadHistory`], the first that is found.
    pub fn read(text: &str, trusted: Option<VerifyingKey>) -> Result<Self, BadHistory> {
        let mut lines = Vec::new();
        for (i, line) in text.lines().enumerate() {
            lines.push(serde_json::from_str::<Json>(line).map_err(|_| BadHistory::Line(i + 1))?);
        }
        let head = lines.first().ok_or(BadHistory::Head)?;
        let city = head["municipality"].as_i64();
        let named = hash(&head["public_key"]).and_then(|key| VerifyingKey::from_bytes(&key).ok());
        let (true, Some(city), Some(named)) = (head["format"] == "fujidana-log/1", city, named) else {
            return Err(BadHistory::Head);
        };
        let city_key = trusted.unwrap_or(named);
        let notes: Vec<String> =
            lines.iter().filter_map(|line| line["successor"].as_str()).map(str::to_owned).collect();
        let city = MunicipalityId(city);
        let keys = with_heirs(city, &[city_key], &notes);
        let mut history = Self { city, city_key, keys, trees: Vec::new() };
        for (i, line) in lines.iter().enumerate().filter(|(_, line)| line.get("checkpoint").is_some()) {
            history.grow(i + 1, line)?;
        }
        if history.trees.is_empty() { Err(BadHistory::Empty) } else { Ok(history) }
    }

    /// One checkpoint more.
    fn grow(&mut self, line: usize, json: &Json) -> Result<(), BadHistory> {
        let note = json["checkpoint"].as_str().ok_or(BadHistory::Line(line))?;
        let (new, root, _) =
            open_note(self.city, note, &self.keys).map_err(|error| BadHistory::Note(line, error))?;
        let proof = json["proof"].as_array().map_or(&[][..], Vec::as_slice);
        let proof: Option<Vec<Hash>> = proof.iter().map(hash).collect();
        let proof = proof.ok_or(BadHistory::Line(line))?;
        let (old, is_grown) = match self.trees.last() {
            None => (0, new > 0 && proof.is_empty()),
            Some((old, before)) => {
                (*old, *old < new && merkle::verify_consistency(*old, new, before, &root, &proof).is_ok())
            }
        };
        if !is_grown {
            return Err(BadHistory::Growth { line, old, new });
        }
        self.trees.push((new, root));
        Ok(())
    }

    /// Size and root of the newest checkpoint.
    pub(crate) fn newest(&self) -> (u64, Hash) {
        *self.trees.last().expect("no history without a checkpoint")
    }

    /// The root at a size that a checkpoint had.
    pub(crate) fn root_at(&self, size: u64) -> Option<Hash> {
        let place = self.trees.binary_search_by_key(&size, |(size, _)| *size).ok()?;
        Some(self.trees[place].1)
    }
}

/// 32 bytes in base64.
fn hash(value: &Json) -> Option<Hash> {
    STANDARD.decode(value.as_str()?).ok().and_then(|bytes| Hash::try_from(bytes).ok())
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::SigningKey;
    use merkle::{Frontier, leaf_hash};
    use serde_json::json;

    use super::*;
    use crate::checkpoint::sign_text;

    fn key() -> SigningKey {
        SigningKey::from_bytes(&[7; 32])
    }

    fn root(size: u8) -> Hash {
        let mut tree = Frontier::default();
        (0..size).for_each(|no| tree.push(leaf_hash(&[no])));
        tree.root()
    }

    fn checkpoint(size: u8, root: Hash) -> String {
        let text = format!("fujidana/102091\n{size}\n{}\n5\n", STANDARD.encode(root));
        sign_text("fujidana/102091", &text, &key())
    }

    /// Trees of one leaf, of two and of four.
    fn lines() -> Vec<Json> {
        let public = STANDARD.encode(key().verifying_key().as_bytes());
        let hash = |leaves: &[u8]| {
            let mut tree = Frontier::default();
            leaves.iter().for_each(|no| tree.push(leaf_hash(&[*no])));
            STANDARD.encode(tree.root())
        };
        vec![
            json!({ "format": "fujidana-log/1", "city": "藤岡市", "municipality": 102_091, "public_key": public }),
            json!({ "checkpoint": checkpoint(1, root(1)), "proof": [] }),
            json!({ "checkpoint": checkpoint(2, root(2)), "proof": [hash(&[1])] }),
            json!({ "checkpoint": checkpoint(4, root(4)), "proof": [hash(&[2, 3])] }),
            json!({ "record": {}, "proof": [] }),
        ]
    }

    #[track_caller]
    fn check(change: impl Fn(&mut Vec<Json>), expected: Result<u64, BadHistory>) {
        let mut lines = lines();
        change(&mut lines);
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        assert_eq!(History::read(&text, None).map(|history| history.newest().0), expected, "{text}");
    }

    #[test]
    fn a_history_is_read_when_each_tree_grew_from_the_one_before() {
        let grown = |line, old, new| Err(BadHistory::Growth { line, old, new });
        check(|_| {}, Ok(4));
        check(|lines| drop(lines.remove(1)), grown(2, 0, 2));
        check(|lines| drop(lines.remove(2)), grown(3, 1, 4));
        check(|lines| lines.swap(2, 3), grown(3, 1, 4));
        check(|lines| lines[3]["proof"] = json!([]), grown(4, 2, 4));
        check(|lines| lines[3]["checkpoint"] = json!(checkpoint(4, root(3))), grown(4, 2, 4));
        check(|lines| lines[3] = lines[2].clone(), grown(4, 2, 2));
        check(|lines| lines[1]["checkpoint"] = json!(checkpoint(0, root(0))), grown(2, 0, 0));
        check(|lines| lines[3]["proof"] = json!(["AAAA"]), Err(BadHistory::Line(4)));
        check(|lines| lines[3]["checkpoint"] = json!(4), Err(BadHistory::Line(4)));
        check(|lines| lines.truncate(1), Err(BadHistory::Empty));
        check(Vec::clear, Err(BadHistory::Head));
        check(|lines| drop(lines.remove(0)), Err(BadHistory::Head));
        check(|lines| lines[0]["format"] = json!("fujidana-log/2"), Err(BadHistory::Head));
        check(|lines| lines[0]["municipality"] = json!("102091"), Err(BadHistory::Head));
        check(|lines| lines[0]["municipality"] = json!(102_016), Err(BadHistory::Note(2, BadNote::Origin)));
        let other = SigningKey::from_bytes(&[8; 32]).verifying_key();
        let text: String = lines().iter().map(|line| format!("{line}\n")).collect();
        assert_eq!(History::read(&text, Some(other)), Err(BadHistory::Note(2, BadNote::Key)));
        assert_eq!(History::read("{}\nx\n", None), Err(BadHistory::Line(2)));
    }
}
