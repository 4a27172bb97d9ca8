//! What a record leaves in the tree: a hash written in the transaction of the act itself.
//!
//! Personal data stay outside the leaf: it holds the hash of a salt and the personal columns, so that they can be
//! deleted one day (with the salt) and the tree still holds. Spec: office §5.2.
use base::MunicipalityId;
use db::Value;
use merkle::Hash;
use sha2::{Digest, Sha256};

/// The columns that every audited table has beside its own: salt, hash of the personal columns, hash of the leaf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    pub salt: [u8; 16],
    pub personal_hash: Hash,
    pub leaf_hash: Hash,
}

impl Leaf {
    /// As columns, in the order `leaf_salt, personal_hash, leaf_hash`.
    pub fn values(&self) -> [Value; 3] {
        [
            Value::Blob(self.salt.to_vec()),
            Value::Blob(self.personal_hash.to_vec()),
            Value::Blob(self.leaf_hash.to_vec()),
        ]
    }
}

/// Salts for the records of one transaction: one draw from the system, stretched.
#[derive(Debug)]
pub struct Salts {
    seed: [u8; 32],
    drawn: u64,
}

impl Default for Salts {
    /// # Panics
    /// When the system gives no randomness: a personal hash could be guessed.
    fn default() -> Self {
        let mut seed = [0; 32];
        getrandom::fill(&mut seed).expect("the system gives randomness");
        Self { seed, drawn: 0 }
    }
}

impl Salts {
    fn next(&mut self) -> [u8; 16] {
        self.drawn += 1;
        let stretched =
            Sha256::new().chain_update(self.seed).chain_update(self.drawn.to_be_bytes()).finalize();
        let mut salt = [0; 16];
        salt.copy_from_slice(&stretched[..16]);
        salt
    }
}

/// The leaf of a new record of the source `name`, for example "access/1".
pub fn leaf(
    name: &str,
    city: MunicipalityId,
    public: &[Value],
    personal: &[Value],
    salts: &mut Salts,
) -> Leaf {
    let salt = salts.next();
    let personal_hash = hash_personal(&salt, personal);
    let leaf_hash = merkle::leaf_hash(&canonical(name, city, public, &personal_hash));
    Leaf { salt, personal_hash, leaf_hash }
}

/// SHA-256 over the salt and the personal columns.
pub(crate) fn hash_personal(salt: &[u8], personal: &[Value]) -> Hash {
    Sha256::digest(preimage(salt, personal)).into()
}

/// What [`hash_personal`] hashes; an auditor gets it beside the leaf.
pub(crate) fn preimage(salt: &[u8], personal: &[Value]) -> Vec<u8> {
    let mut out = salt.to_vec();
    personal.iter().for_each(|value| push(&mut out, value));
    out
}

/// The bytes under a leaf: the source's name, the city, the public columns, the hash of the personal ones; each with
/// its kind and length, so that no two records give the same bytes.
pub(crate) fn canonical(name: &str, city: MunicipalityId, public: &[Value], personal_hash: &Hash) -> Vec<u8> {
    let mut out = Vec::with_capacity(192);
    field(&mut out, 3, name.as_bytes());
    field(&mut out, 2, &city.0.to_be_bytes());
    public.iter().for_each(|value| push(&mut out, value));
    field(&mut out, 4, personal_hash);
    out
}

fn push(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => field(out, 0, &[]),
        // SQLite stores a truth value as a number; the bytes must not depend on the engine.
        Value::Bool(truth) => field(out, 2, &i64::from(*truth).to_be_bytes()),
        Value::Int(number) => field(out, 2, &number.to_be_bytes()),
        Value::Text(text) => field(out, 3, text.as_bytes()),
        Value::Blob(bytes) => field(out, 4, bytes),
        Value::Ints(_) | Value::Texts(_) => unreachable!("a list is a parameter, never a column"),
    }
}

fn field(out: &mut Vec<u8>, kind: u8, bytes: &[u8]) {
    out.push(kind);
    let length = u32::try_from(bytes.len()).expect("a column is shorter than 4 GiB");
    out.extend_from_slice(&length.to_be_bytes());
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes that an outside verifier reads: they never change for a source's version.
    #[test]
    fn canonical_bytes() {
        let public = [Value::Int(-1), Value::Bool(true), Value::Null, Value::Text("藤".to_owned())];
        let mut expected = b"\x03\x00\x00\x00\x03t/1\x02\x00\x00\x00\x08\0\0\0\0\0\0\0\x05".to_vec();
        expected.extend_from_slice(b"\x02\x00\x00\x00\x08\xff\xff\xff\xff\xff\xff\xff\xff");
        expected.extend_from_slice(b"\x02\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00\x00\x01");
        expected
            .extend_from_slice(b"\x00\x00\x00\x00\x00\x03\x00\x00\x00\x03\xe8\x97\xa4\x04\x00\x00\x00\x20");
        expected.extend_from_slice(&[7; 32]);
        assert_eq!(canonical("t/1", MunicipalityId(5), &public, &[7; 32]), expected);
    }

    #[test]
    fn columns_do_not_run_into_each_other() {
        let split = |a: &str, b: &str| [Value::Text(a.to_owned()), Value::Text(b.to_owned())];
        let hash = |values: &[Value]| hash_personal(&[0; 16], values);
        assert_ne!(hash(&split("ab", "c")), hash(&split("a", "bc")));
        assert_ne!(hash(&[Value::Null]), hash(&[Value::Text(String::new())]));
    }

    #[test]
    fn the_same_record_leaves_different_personal_hashes() {
        let mut salts = Salts::default();
        let one = leaf("t/1", MunicipalityId(5), &[], &[Value::Int(1)], &mut salts);
        assert_ne!(
            one.personal_hash,
            leaf("t/1", MunicipalityId(5), &[], &[Value::Int(1)], &mut salts).personal_hash
        );
        let again = leaf("t/1", MunicipalityId(5), &[], &[Value::Int(1)], &mut Salts::default());
        assert_ne!(one.personal_hash, again.personal_hash);
    }
}
