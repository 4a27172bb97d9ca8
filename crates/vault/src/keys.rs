//! The keys of an installation (鍵), in one folder outside the data and outside its copies (DESIGN §5a).
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{SigningKey, VerifyingKey};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::cipher::Cipher;
use crate::folder::{self, Stamp};
use crate::ring::{self, RingKey};

/// What keys are for. Each use has keys of its own, numbered from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyUse {
    /// 個人番号 and 住民票コード.
    Numbers,
    /// The secrets of one-time codes.
    Totp,
    /// Copies of the data that leave the house.
    Backup,
    /// The keyed hashes that find a number ([`Keys::lookup`]); nothing is sealed with these.
    Lookup,
}

impl KeyUse {
    pub const ALL: [Self; 4] = [Self::Numbers, Self::Totp, Self::Backup, Self::Lookup];

    /// The word of the command line and of the file.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Numbers => "numbers",
            Self::Totp => "totp",
            Self::Backup => "backup",
            Self::Lookup => "lookup",
        }
    }
}

/// Why keys cannot be had. Never tells of a key itself.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum KeyError {
    #[error("鍵のファイル {} を使えません: {reason}", path.display())]
    File { path: PathBuf, reason: String },
    #[error(
        "鍵の {} をほかの利用者も開けます。chmod {mode} {} で、動かす利用者だけが開けるようになります",
        path.display(), path.display()
    )]
    Open { path: PathBuf, mode: &'static str },
    #[error(
        "鍵のフォルダー {} がデータの中にあります。控えと一緒に持ち出されないよう、--keys で外のフォルダーを選べます",
        folder.display()
    )]
    Within { folder: PathBuf },
    #[error("鍵のファイル {} の {line} 行目が鍵の形ではありません。控えから戻すと使えます", path.display())]
    Damaged { path: PathBuf, line: usize },
    #[error("{name} の鍵の番号を使い切りました。使わない古い鍵を消しても番号は戻りません")]
    UsedUp { name: &'static str },
    #[error("{name} の {no} 番の鍵はありません")]
    Unknown { name: &'static str, no: u16 },
    #[error("{name} の {no} 番はいま使っている鍵です。keys rotate {name} のあとで消せます")]
    InUse { name: &'static str, no: u16 },
}

impl KeyError {
    pub(crate) fn file(path: &Path, error: &io::Error) -> Self {
        Self::File { path: path.to_owned(), reason: error.to_string() }
    }
}

/// The folder of the keys when none is named: beside the data, never within.
pub fn beside(data: &Path) -> PathBuf {
    let data = std::path::absolute(data).unwrap_or_else(|_| data.to_owned());
    let mut name = data.components().as_path().as_os_str().to_owned();
    name.push(".keys");
    PathBuf::from(name)
}

/// # Errors
/// [`KeyError::Within`] when `folder` lies within `data`, also where a symbolic link leads there: the keys would
/// leave the house with each copy of the data.
pub fn ensure_outside(folder: &Path, data: &Path) -> Result<(), KeyError> {
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let (folder, data) = (absolute(folder), absolute(data));
    // The folder may not be there yet: the nearest part of its name that is there tells where it will lie.
    let real = folder.ancestors().find_map(|part| part.canonicalize().ok());
    let inside = real.zip(data.canonicalize().ok()).is_some_and(|(real, data)| real.starts_with(data));
    if inside || folder.starts_with(&data) {
        return Err(KeyError::Within { folder });
    }
    Ok(())
}

/// The keys of an installation. Cheap to clone; follows a rotation by another process.
#[derive(Clone)]
pub struct Keys {
    inner: Arc<Inner>,
}

struct Inner {
    folder: PathBuf,
    signing: SigningKey,
    /// In the order of [`KeyUse::ALL`].
    rings: [Mutex<Ring>; 4],
}

struct Ring {
    stamp: Option<Stamp>,
    keys: Arc<Vec<RingKey>>,
}

impl fmt::Debug for Keys {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Keys({})", self.inner.folder.display())
    }
}

impl Keys {
    /// Opens `folder`, and makes what is missing.
    ///
    /// # Errors
    /// The folder or a file of it cannot be used, is open to others, or holds no key where one should be.
    pub fn open(folder: &Path) -> Result<Self, KeyError> {
        folder::prepare(folder)?;
        let _lock = folder::lock(folder)?;
        let signing = signing_path(folder);
        if !signing.exists() {
            write_signing(&signing, &ring::random())?;
        }
        for each in KeyUse::ALL {
            let path = ring_path(folder, each);
            if !path.exists() {
                folder::replace(&path, &ring::text(&[RingKey::new(1)]))?;
            }
        }
        let [numbers, totp, backup, lookup] = KeyUse::ALL.map(|each| read_ring(folder, each));
        let rings = [numbers?, totp?, backup?, lookup?].map(Mutex::new);
        Ok(Self {
            inner: Arc::new(Inner { folder: folder.to_owned(), signing: read_signing(&signing)?, rings }),
        })
    }

    pub fn folder(&self) -> &Path {
        &self.inner.folder
    }

    /// Signs the checkpoints of the audit log. Stays the same until the folder is opened again.
    pub fn signing(&self) -> &SigningKey {
        &self.inner.signing
    }

    pub fn cipher(&self, key_use: KeyUse) -> Cipher {
        Cipher { keys: self.ring(key_use) }
    }

    /// HMAC-SHA256 of `text` with each key that is kept, the newest last, each with the number of its key: finds
    /// exactly what was hashed, without telling it. Several, because while a rotation runs, rows have old hashes
    /// and new ones. `key_use` keeps the hashes of different things apart.
    pub fn lookups(&self, key_use: KeyUse, text: &[u8]) -> Vec<(u16, [u8; 32])> {
        self.ring(KeyUse::Lookup).iter().map(|key| (key.no, keyed(key, key_use, text))).collect()
    }

    /// The numbers of the keys that are kept, the newest last.
    pub fn kept(&self, key_use: KeyUse) -> Vec<u16> {
        self.ring(key_use).iter().map(|key| key.no).collect()
    }

    /// Makes a new key and gives its number; what is sealed from now on is sealed with it. The old ones are kept.
    ///
    /// # Errors
    /// The file cannot be used, or 65,535 keys were made before.
    pub fn rotate(&self, key_use: KeyUse) -> Result<u16, KeyError> {
        self.change(key_use, |keys| {
            let last = keys.iter().map(|key| key.no).max().unwrap_or(0);
            let no = last.checked_add(1).ok_or(KeyError::UsedUp { name: key_use.name() })?;
            keys.push(RingKey::new(no));
            Ok(no)
        })
    }

    /// Destroys an old key. What is still sealed with it never opens again: the caller has looked. A rotation is seen
    /// by other processes at their next seal, so only a transaction that was under way then may still use it.
    ///
    /// # Errors
    /// The file cannot be used, there is no such key, or it is the newest.
    pub fn forget(&self, key_use: KeyUse, no: u16) -> Result<(), KeyError> {
        let name = key_use.name();
        self.change(key_use, |keys| {
            let place = keys.iter().position(|key| key.no == no).ok_or(KeyError::Unknown { name, no })?;
            if place + 1 == keys.len() {
                return Err(KeyError::InUse { name, no });
            }
            keys.remove(place);
            Ok(())
        })
    }

    /// Replaces the signing key. `hand_over` gets the old one and the new one, for the old one to sign the new one,
    /// before the new one is written: what it fails at leaves the old one in force. The public half of the old one
    /// stays in `signing.pub`. The folder must be opened again to sign with the new one.
    ///
    /// # Errors
    /// The files cannot be used, or `hand_over` failed.
    pub fn rotate_signing<E: From<KeyError>>(
        &self,
        hand_over: impl FnOnce(&SigningKey, &SigningKey) -> Result<(), E>,
    ) -> Result<SigningKey, E> {
        let _lock = folder::lock(&self.inner.folder)?;
        let path = signing_path(&self.inner.folder);
        let old = read_signing(&path)?;
        let mut known = self.verifying()?;
        if !known.contains(&old.verifying_key()) {
            known.push(old.verifying_key());
        }
        let lines: String =
            known.iter().map(|key| format!("{}\n", STANDARD.encode(key.as_bytes()))).collect();
        let seed = ring::random();
        let new = SigningKey::from_bytes(&seed);
        hand_over(&old, &new)?;
        folder::replace(&public_path(&self.inner.folder), &lines)?;
        write_signing(&path, &seed)?;
        Ok(new)
    }

    /// The public halves of all signing keys, the oldest first: what an auditor checks signatures with.
    ///
    /// # Errors
    /// `signing.pub` cannot be used.
    pub fn verifying(&self) -> Result<Vec<VerifyingKey>, KeyError> {
        let path = public_path(&self.inner.folder);
        let text = if path.exists() { folder::read(&path)? } else { Zeroizing::default() };
        let mut known = Vec::new();
        for (i, line) in text.lines().enumerate() {
            let key = ring::decode(line).and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok());
            known.push(key.ok_or_else(|| KeyError::Damaged { path: path.clone(), line: i + 1 })?);
        }
        let present = self.inner.signing.verifying_key();
        if !known.contains(&present) {
            known.push(present);
        }
        Ok(known)
    }

    /// The keys of a use as they are now. A file that cannot be read just now leaves those in memory in force.
    fn ring(&self, key_use: KeyUse) -> Arc<Vec<RingKey>> {
        let mut ring = self.inner.rings[key_use as usize].lock().unwrap_or_else(PoisonError::into_inner);
        let stamp = folder::stamp(&ring_path(&self.inner.folder, key_use));
        if stamp.is_some()
            && stamp != ring.stamp
            && let Ok(fresh) = read_ring(&self.inner.folder, key_use)
        {
            *ring = fresh;
        }
        Arc::clone(&ring.keys)
    }

    fn change<T>(
        &self,
        key_use: KeyUse,
        edit: impl FnOnce(&mut Vec<RingKey>) -> Result<T, KeyError>,
    ) -> Result<T, KeyError> {
        let folder = &self.inner.folder;
        let _lock = folder::lock(folder)?;
        let path = ring_path(folder, key_use);
        let mut keys = ring::read(&path)?;
        let outcome = edit(&mut keys)?;
        folder::replace(&path, &ring::text(&keys))?;
        *self.inner.rings[key_use as usize].lock().unwrap_or_else(PoisonError::into_inner) =
            read_ring(folder, key_use)?;
        Ok(outcome)
    }
}

fn signing_path(folder: &Path) -> PathBuf {
    folder.join("signing.key")
}

fn public_path(folder: &Path) -> PathBuf {
    folder.join("signing.pub")
}

fn ring_path(folder: &Path, key_use: KeyUse) -> PathBuf {
    folder.join(format!("{}.keys", key_use.name()))
}

fn read_ring(folder: &Path, key_use: KeyUse) -> Result<Ring, KeyError> {
    let path = ring_path(folder, key_use);
    // Before the keys: a file replaced in between is read once more, never missed.
    let stamp = folder::stamp(&path);
    Ok(Ring { stamp, keys: Arc::new(ring::read(&path)?) })
}

/// A signing key in a file of its own, away from every installation: that of an audit office. For its owner alone.
///
/// # Errors
/// The file is there already, or cannot be written.
pub fn make_signing(path: &Path) -> Result<SigningKey, KeyError> {
    if path.exists() {
        return Err(KeyError::File { path: path.to_owned(), reason: "すでにあります".to_owned() });
    }
    write_signing(path, &ring::random())?;
    read_signing(path)
}

/// # Errors
/// The file cannot be read, is open to others, or holds no key.
pub fn read_signing(path: &Path) -> Result<SigningKey, KeyError> {
    let text = folder::read(path)?;
    let seed = text.strip_suffix('\n').and_then(ring::decode);
    let seed = seed.ok_or_else(|| KeyError::Damaged { path: path.to_owned(), line: 1 })?;
    Ok(SigningKey::from_bytes(&seed))
}

fn write_signing(path: &Path, seed: &[u8; 32]) -> Result<(), KeyError> {
    let mut text = Zeroizing::new(String::with_capacity(64));
    STANDARD.encode_string(seed, &mut text);
    text.push('\n');
    folder::replace(path, &text)
}

/// The hash of one key.
fn keyed(key: &RingKey, key_use: KeyUse, text: &[u8]) -> [u8; 32] {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(key.bytes.as_slice()).expect("HMAC takes a key of any length");
    mac.update(key_use.name().as_bytes());
    mac.update(&[0]);
    mac.update(text);
    mac.finalize().into_bytes().into()
}
