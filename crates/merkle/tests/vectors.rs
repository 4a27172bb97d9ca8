//! The collected proof vectors of Certificate Transparency, and the roots that everybody knows.
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use merkle::{Frontier, Hash, empty_root, leaf_hash, verify_consistency, verify_inclusion};
use serde_json::Value;

/// `None`: no SHA-256 hash.
fn hash(value: &Value) -> Option<Hash> {
    STANDARD.decode(value.as_str()?).ok()?.try_into().ok()
}

fn proof(value: &Value) -> Option<Vec<Hash>> {
    value.as_array().map_or(Some(Vec::new()), |hashes| hashes.iter().map(hash).collect())
}

fn holds(name: &str, vector: &Value) -> Option<bool> {
    let number = |field: &str| vector[field].as_u64();
    let proof = proof(&vector["proof"])?;
    let verdict = if name.starts_with("inclusion/") {
        let (leaf, root) = (hash(&vector["leafHash"])?, hash(&vector["root"])?);
        verify_inclusion(number("leafIdx")?, number("treeSize")?, &leaf, &proof, &root)
    } else {
        let (old, new) = (hash(&vector["root1"])?, hash(&vector["root2"])?);
        verify_consistency(number("size1")?, number("size2")?, &old, &new, &proof)
    };
    Some(verdict.is_ok())
}

#[test]
fn collected_vectors() {
    let path =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data/office/merkle/rfc6962_proof_vectors.json");
    let Ok(text) = std::fs::read_to_string(path) else { return println!("skipped: no {path}") };
    let all: Value = serde_json::from_str(&text).unwrap();
    let all = all.as_object().unwrap();
    assert_eq!(all.len(), 105);
    for (name, vector) in all {
        let wrong = vector["wantErr"].as_bool().unwrap();
        assert_eq!(holds(name, vector).unwrap_or(false), !wrong, "{name}");
    }
}

/// The eight leaves that the vectors were made from.
const LEAVES: [&[u8]; 8] = [
    b"",
    b"\x00",
    b"\x10",
    b"\x20\x21",
    b"\x30\x31",
    b"\x40\x41\x42\x43",
    b"\x50\x51\x52\x53\x54\x55\x56\x57",
    b"\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f",
];

#[test]
fn known_roots() {
    let mut frontier = Frontier::new();
    let mut check = |leaves: usize, root: &str| {
        for leaf in &LEAVES[usize::try_from(frontier.size()).unwrap()..leaves] {
            frontier.push(leaf_hash(leaf));
        }
        assert_eq!(STANDARD.encode(frontier.root()), root, "{leaves} leaves");
    };
    check(0, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    check(1, "bjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=");
    check(6, "duZ9rbzfHhDht03cYIq9L5jfsW+851J3tSMqEn8gh+8=");
    check(8, "XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=");
    assert_eq!(STANDARD.encode(leaf_hash(LEAVES[5])), "QnGia+DYqE8L1UyMMC58s6O10fpngKQLzOKHNHfatlg=");
    assert_eq!(empty_root(), Frontier::default().root());
}
