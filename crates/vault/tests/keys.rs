//! The folder of the keys, and what the keys seal.
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use base::Id;
use testkit::{FUJIOKA, Scratch};
use vault::{
    KeyError, KeyUse, Keys, SigningKey, Unopenable, beside, ensure_outside, open_totp, reseal_totp, seal_totp,
};

enum Account {}
const ACCOUNT: Id<Account> = Id::new(77);
const FILES: [&str; 5] = ["signing.key", "numbers.keys", "totp.keys", "backup.keys", "lookup.keys"];

fn folder(scratch: &Scratch) -> PathBuf {
    scratch.path.join("city.keys")
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).expect("it is there").permissions().mode() & 0o777
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("its owner may");
}

#[test]
fn the_folder_is_made_for_its_owner_alone_and_opens_again() {
    let scratch = Scratch::new();
    let folder = folder(&scratch);
    let keys = Keys::open(&folder).expect("makes the folder");
    assert_eq!(mode(&folder), 0o700);
    let read = || FILES.map(|name| fs::read_to_string(folder.join(name)).expect("it is there"));
    let before = read();
    for name in FILES {
        assert_eq!(mode(&folder.join(name)), 0o600, "{name}");
    }
    let sealed = keys.cipher(KeyUse::Numbers).seal(b"here", b"plain");
    let again = Keys::open(&folder).expect("opens again");
    assert_eq!(read(), before);
    assert_eq!(again.cipher(KeyUse::Numbers).open(b"here", &sealed).expect("opens"), b"plain");
    assert_eq!(again.signing(), keys.signing());
}

/// A key that another user can read is not secret any more: the start is refused, with what to do.
#[test]
fn what_others_can_read_is_refused() {
    for (name, others, wanted) in [
        ("", 0o750, "chmod 700"),
        ("", 0o701, "chmod 700"),
        ("numbers.keys", 0o640, "chmod 600"),
        ("lookup.keys", 0o604, "chmod 600"),
        ("signing.key", 0o620, "chmod 600"),
    ] {
        let scratch = Scratch::new();
        let folder = folder(&scratch);
        Keys::open(&folder).expect("makes the folder");
        set_mode(&folder.join(name), others);
        let refused = Keys::open(&folder).expect_err("it is open to others").to_string();
        assert!(refused.contains(wanted) && refused.contains(name), "{name} {others:o}: {refused}");
    }
}

#[test]
fn a_damaged_file_is_named_and_kept() {
    let good = "1 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
    let short = "1 AAAA\n";
    for (name, text, line) in [
        ("numbers.keys", "", 1),
        ("numbers.keys", short, 1),
        ("totp.keys", &format!("{good}2 %\n"), 2),
        ("backup.keys", &format!("{good}{good}"), 2),
        ("lookup.keys", &format!("{good}70000 AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"), 2),
        ("signing.key", "AAAA", 1),
    ] {
        let scratch = Scratch::new();
        let path = folder(&scratch).join(name);
        Keys::open(&folder(&scratch)).expect("makes the folder");
        fs::write(&path, text).expect("its owner may");
        let error = Keys::open(&folder(&scratch)).expect_err("it is damaged");
        assert_eq!(error, KeyError::Damaged { path: path.clone(), line }, "{name}");
        assert_eq!(fs::read_to_string(path).expect("it is there"), text, "nothing is overwritten");
    }
}

/// A kill before the rename leaves a temporary file, whatever its content and rights; it is no key.
#[test]
fn half_a_key_is_never_read() {
    let scratch = Scratch::new();
    let folder = folder(&scratch);
    Keys::open(&folder).expect("makes the folder");
    let half = folder.join("numbers.new");
    fs::write(&half, "2 AAAA").expect("its owner may");
    set_mode(&half, 0o644);
    let keys = Keys::open(&folder).expect("opens");
    assert_eq!(keys.kept(KeyUse::Numbers), [1]);
    keys.rotate(KeyUse::Numbers).expect("rotates");
    assert_eq!(Keys::open(&folder).expect("opens").kept(KeyUse::Numbers), [1, 2]);
    assert_eq!(mode(&folder.join("numbers.keys")), 0o600);
}

/// Two processes that start at once on an empty folder must end with the same keys.
#[test]
fn two_first_starts_agree() {
    let scratch = Scratch::new();
    let folder = folder(&scratch);
    let open = || Keys::open(&folder).expect("opens");
    let opened: Vec<Keys> = std::thread::scope(|scope| {
        let started: Vec<_> = (0..8).map(|_| scope.spawn(open)).collect();
        started.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    });
    let sealed = opened[0].cipher(KeyUse::Backup).seal(b"", b"x");
    for keys in &opened {
        assert!(keys.cipher(KeyUse::Backup).open(b"", &sealed).is_ok());
        assert_eq!(keys.signing(), opened[0].signing());
    }
}

#[test]
fn any_change_of_a_sealed_value_is_refused() {
    let scratch = Scratch::new();
    let keys = Keys::open(&folder(&scratch)).expect("opens");
    let cipher = keys.cipher(KeyUse::Numbers);
    let sealed = cipher.seal(b"row 1", b"123456789018");
    assert_eq!(sealed.len(), 2 + 24 + 12 + 16);
    assert_eq!(cipher.open(b"row 1", &sealed).expect("opens"), b"123456789018");
    assert_ne!(cipher.seal(b"row 1", b"123456789018"), sealed, "a nonce of its own each time");
    assert_eq!(cipher.open(b"row 2", &sealed), Err(Unopenable::Altered(1)));
    assert!(keys.cipher(KeyUse::Totp).open(b"row 1", &sealed).is_err(), "a key of another use");
    for place in 0..sealed.len() {
        for bit in 0..8 {
            let mut flipped = sealed.clone();
            flipped[place] ^= 1 << bit;
            assert!(cipher.open(b"row 1", &flipped).is_err(), "byte {place}, bit {bit}");
        }
        assert!(cipher.open(b"row 1", &sealed[..place]).is_err(), "cut after {place} bytes");
    }
}

#[test]
fn a_rotation_keeps_the_old_key_until_it_is_forgotten() {
    let scratch = Scratch::new();
    let folder = folder(&scratch);
    let keys = Keys::open(&folder).expect("opens");
    // Another process with the same folder, as a running site is while the command rotates.
    let running = Keys::open(&folder).expect("opens");
    let old = keys.cipher(KeyUse::Backup).seal(b"", b"old");
    assert_eq!(keys.rotate(KeyUse::Backup), Ok(2));
    let new = running.cipher(KeyUse::Backup).seal(b"", b"new");
    assert_eq!(new[..2], [0, 2], "it seals with the new key at once");
    assert_eq!(keys.cipher(KeyUse::Backup).open(b"", &old).expect("opens"), b"old");
    assert_eq!(running.kept(KeyUse::Numbers), [1], "other uses keep their keys");
    let name = "backup";
    assert_eq!(keys.forget(KeyUse::Backup, 2), Err(KeyError::InUse { name, no: 2 }));
    assert_eq!(keys.forget(KeyUse::Backup, 9), Err(KeyError::Unknown { name, no: 9 }));
    assert_eq!(keys.forget(KeyUse::Backup, 1), Ok(()));
    assert_eq!(running.cipher(KeyUse::Backup).open(b"", &old), Err(Unopenable::Key(1)));
    assert_eq!(keys.rotate(KeyUse::Backup), Ok(3), "a number is never given twice in a row");
}

#[test]
fn a_lost_folder_is_told_in_a_sentence() {
    let scratch = Scratch::new();
    let folder = folder(&scratch);
    let keys = Keys::open(&folder).expect("opens");
    let sealed = keys.cipher(KeyUse::Numbers).seal(b"", b"x");
    fs::remove_dir_all(&folder).expect("its owner may");
    assert!(keys.cipher(KeyUse::Numbers).open(b"", &sealed).is_ok(), "what runs goes on");
    assert!(matches!(keys.rotate(KeyUse::Numbers), Err(KeyError::File { .. })));
    let fresh = Keys::open(&folder).expect("makes a new folder");
    let told = fresh.cipher(KeyUse::Numbers).open(b"", &sealed).expect_err("it is another key").to_string();
    assert!(told.contains("別の鍵のフォルダー"), "{told}");
}

/// The new key, handed over by `old`.
fn rotate_signing(keys: &Keys, old: &SigningKey) -> SigningKey {
    let mut handed = None;
    let hand_over = |from: &SigningKey, to: &SigningKey| {
        assert_eq!(from, old);
        handed = Some(to.clone());
        Ok::<_, KeyError>(())
    };
    let new = keys.rotate_signing(hand_over).expect("rotates");
    assert_eq!(handed.as_ref(), Some(&new));
    new
}

#[test]
fn old_signatures_can_be_checked_after_a_rotation() {
    let scratch = Scratch::new();
    let folder = folder(&scratch);
    let first = Keys::open(&folder).expect("opens");
    assert_eq!(first.verifying(), Ok(vec![first.signing().verifying_key()]));
    let old = first.signing().clone();
    let refused = first.rotate_signing(|_, _| Err(KeyError::Unknown { name: "signing", no: 1 }));
    assert!(refused.is_err(), "what cannot be handed over is not replaced");
    assert_eq!(Keys::open(&folder).expect("opens").signing(), &old);
    let new = rotate_signing(&first, &old);
    assert_ne!(old, new);
    let second = Keys::open(&folder).expect("opens");
    assert_eq!(second.signing(), &new);
    let third = rotate_signing(&second, &new);
    let expected = [old, new, third].map(|key| key.verifying_key());
    assert_eq!(Keys::open(&folder).expect("opens").verifying(), Ok(expected.to_vec()));
}

#[test]
fn lookups_find_with_old_keys_and_keep_uses_apart() {
    let scratch = Scratch::new();
    let keys = Keys::open(&folder(&scratch)).expect("opens");
    let before = keys.lookups(KeyUse::Numbers, b"123456789018");
    assert_eq!(before, keys.lookups(KeyUse::Numbers, b"123456789018"));
    assert_ne!(before, keys.lookups(KeyUse::Numbers, b"123456789019"));
    assert_ne!(before, keys.lookups(KeyUse::Totp, b"123456789018"));
    keys.rotate(KeyUse::Lookup).expect("rotates");
    let after = keys.lookups(KeyUse::Numbers, b"123456789018");
    assert_eq!((after.len(), &after[..1]), (2, &before[..]));
    assert_ne!(after[1].1, before[0].1);
}

#[test]
fn a_totp_secret_belongs_to_its_account() {
    let scratch = Scratch::new();
    let keys = Keys::open(&folder(&scratch)).expect("opens");
    let secret = [7u8; 20];
    let sealed = seal_totp(&keys, FUJIOKA, ACCOUNT, &secret);
    assert_eq!(sealed.len(), 62);
    assert_eq!(open_totp(&keys, FUJIOKA, ACCOUNT, &sealed).expect("opens"), secret);
    assert_eq!(open_totp(&keys, FUJIOKA, ACCOUNT, &secret).expect("from before sealing"), secret);
    assert!(open_totp(&keys, FUJIOKA, Id::<Account>::new(78), &sealed).is_err());
    assert!(open_totp(&keys, FUJIOKA, ACCOUNT, &sealed[1..]).is_err());
    assert_eq!(open_totp(&keys, FUJIOKA, ACCOUNT, b""), Err(Unopenable::Form(0)));
    assert_eq!(reseal_totp(&keys, FUJIOKA, ACCOUNT, &sealed), Ok(None));
    let first = reseal_totp(&keys, FUJIOKA, ACCOUNT, &secret).expect("opens").expect("it was in plain");
    assert_eq!(open_totp(&keys, FUJIOKA, ACCOUNT, &first).expect("opens"), secret);
    keys.rotate(KeyUse::Totp).expect("rotates");
    let again = reseal_totp(&keys, FUJIOKA, ACCOUNT, &sealed).expect("opens").expect("under an old key");
    assert_eq!(again[..2], [0, 2]);
    assert_eq!(open_totp(&keys, FUJIOKA, ACCOUNT, &sealed).expect("the old key is kept"), secret);
}

#[test]
fn nothing_of_a_key_is_ever_printed() {
    let scratch = Scratch::new();
    let folder = folder(&scratch);
    let keys = Keys::open(&folder).expect("opens");
    let (cipher, lookup) = (keys.cipher(KeyUse::Numbers), keys.cipher(KeyUse::Lookup));
    let error = keys.forget(KeyUse::Numbers, 1).expect_err("in use");
    let printed = format!("{keys:?} {cipher:?} {lookup:?} {error} {error:?} {:?}", keys.signing());
    for name in FILES {
        let text = fs::read_to_string(folder.join(name)).expect("it is there");
        let secret = text.trim().rsplit(' ').next().expect("a key");
        assert!(secret.len() == 44 && !printed.contains(secret), "{name}: {printed}");
    }
    assert!(printed.starts_with(&format!("Keys({}) Cipher(key 1)", folder.display())), "{printed}");
}

#[test]
fn the_folder_lies_beside_the_data() {
    let here = std::env::current_dir().expect("it exists");
    for data in [".", "data", "./data/", "/srv/city", "/srv/city/"] {
        let (data, keys) = (Path::new(data), beside(Path::new(data)));
        let whole = here.join(data);
        let name = whole.components().next_back().expect("a name").as_os_str().to_string_lossy().into_owned();
        assert_eq!(keys.file_name().expect("a name").to_string_lossy(), format!("{name}.keys"), "{data:?}");
        assert!(keys.is_absolute() && !keys.starts_with(&whole), "{keys:?} lies in {whole:?}");
    }
}

#[test]
fn a_folder_within_the_data_is_refused() {
    let scratch = Scratch::new();
    let data = scratch.path.join("data");
    fs::create_dir_all(data.join("inner")).expect("makes the data");
    std::os::unix::fs::symlink(data.join("inner"), scratch.path.join("link")).expect("makes the link");
    for (folder, good) in [
        ("data.keys", true),
        ("elsewhere/keys", true),
        ("data", false),
        ("data/keys", false),
        ("data/inner/missing/keys", false),
        ("link/keys", false),
    ] {
        let outcome = ensure_outside(&scratch.path.join(folder), &data);
        assert_eq!(outcome.is_ok(), good, "{folder}: {outcome:?}");
    }
    assert!(ensure_outside(&beside(&data), &data).is_ok());
}
