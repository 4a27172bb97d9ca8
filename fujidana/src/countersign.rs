//! `fujidana countersign`: the audit office (監査委員事務局) signs a checkpoint as well, on a machine of its own and without
//! the data (office §5.2). It remembers what it signed last, and signs no log that was written anew.
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use audit::{History, Seen, Witness, admit};
use base::{Clock, MunicipalityId};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use vault::VerifyingKey;

use crate::arguments::{Arguments, WrongUsage};

/// The first line of what is remembered; alone in it while nothing is signed yet.
const FORMAT: &str = "fujidana-countersign/1";

pub fn run(arguments: &Arguments) -> Result<()> {
    arguments.only(&["new", "city-key"])?;
    let words: Vec<&Path> = arguments.words.iter().map(Path::new).collect();
    match (arguments.text("new"), &words[..]) {
        (Some(key), []) => make(Path::new(key)),
        (None, [key, proof, note]) => sign(key, proof, note, arguments.text("city-key")),
        _ => {
            let usage = "使い方: fujidana countersign --new KEYFILE\n        fujidana countersign KEYFILE PROOFFILE NOTE [--city-key BASE64]";
            Err(WrongUsage(usage.to_owned()).into())
        }
    }
}

/// The key of an audit office, and an empty memory beside it.
fn make(key: &Path) -> Result<()> {
    let (key, seen) = places(key)?;
    if seen.exists() {
        bail!("副署の控え {} がすでにあります。別の名前で鍵をつくれます", seen.display());
    }
    let witness = Witness::from(&vault::make_signing(&key)?);
    replace(&seen, &format!("{FORMAT}\n"))?;
    println!(
        "副署の鍵を {} につくりました。この事務局だけが持ち、市のほかの機械には置きません",
        key.display()
    );
    println!("副署の控えは {} です。鍵と一緒に残しておきます", seen.display());
    println!("公開鍵は次の行です。紙に控え、記録を確かめる人に渡せます");
    println!("{witness}");
    Ok(())
}

fn sign(key: &Path, proof: &Path, note: &Path, city_key: Option<&str>) -> Result<()> {
    let (key, memory) = places(key)?;
    let secret = vault::read_signing(&key)?;
    // Two at once would sign what the other one has not seen.
    let lock = File::open(&key).and_then(|file| file.lock().map(|()| file));
    let _lock = lock.with_context(|| format!("{} をロックできません", key.display()))?;
    let seen = remembered(&memory)?;
    let given = city_key.map(public_key).transpose()?;
    if let (Some(seen), Some(given)) = (&seen, given)
        && seen.city_key != given
    {
        bail!("--city-key が、最初に控えた市の公開鍵 {} と違います", told(&seen.city_key));
    }
    // The note first: a log that goes on meanwhile proves more than it.
    let (signed, proof) = (read(note)?, read(proof)?);
    let pinned = seen.map(|seen| seen.city_key);
    let history = History::read(&proof, pinned.or(given))?;
    let next = admit(&history, &signed, seen.as_ref())?;
    if pinned.or(given).is_none() {
        println!("証明のファイルにある市の公開鍵 {} を控えます", told(&next.city_key));
        println!("紙に控えた鍵と同じか、見くらべてください");
    }
    // Remembered first: a kill before the note is written never forgets what was signed.
    replace(&memory, &text(&next))?;
    let witness = Witness::from(&secret);
    if witness.countersigned_at(&signed)?.is_some() {
        println!("葉{}までのチェックポイントには、もう副署してあります", next.size);
        return Ok(());
    }
    let countersigned = audit::countersign(&signed, &secret, Clock::system().now())?;
    let note = std::path::absolute(note)?;
    replace(&note, &countersigned)?;
    println!("葉{}までのチェックポイントに副署しました: {}", next.size, note.display());
    println!("公開鍵 {witness}");
    Ok(())
}

/// The key file and what is remembered beside it.
fn places(key: &Path) -> Result<(PathBuf, PathBuf)> {
    let key = std::path::absolute(key)?;
    let mut seen = key.clone().into_os_string();
    seen.push(".seen");
    Ok((key, PathBuf::from(seen)))
}

/// What was signed last; nothing yet with a new key. A memory that is gone is no new one: any log would do.
fn remembered(memory: &Path) -> Result<Option<Seen>> {
    let text = fs::read_to_string(memory).with_context(|| {
        format!(
            "副署の控え {} がありません。前に何に副署したか分からないので、控えを戻すと使えます",
            memory.display()
        )
    })?;
    let lines: Vec<&str> = text.lines().collect();
    let bytes = |text: &str| STANDARD.decode(text).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    let seen = match lines[..] {
        [FORMAT] => return Ok(None),
        [FORMAT, city, key, size, root] => (|| {
            Some(Seen {
                city: MunicipalityId(city.parse().ok()?),
                city_key: VerifyingKey::from_bytes(&bytes(key)?).ok()?,
                size: size.parse().ok()?,
                root: bytes(root)?,
            })
        })(),
        _ => None,
    };
    let damaged = || format!("副署の控え {} が読めません。控えを戻すと使えます", memory.display());
    seen.with_context(damaged).map(Some)
}

fn text(seen: &Seen) -> String {
    let root = STANDARD.encode(seen.root);
    format!("{FORMAT}\n{}\n{}\n{}\n{root}\n", seen.city, told(&seen.city_key), seen.size)
}

fn told(key: &VerifyingKey) -> String {
    STANDARD.encode(key.as_bytes())
}

fn public_key(text: &str) -> Result<VerifyingKey> {
    let bytes = STANDARD.decode(text).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    let key = bytes.and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok());
    key.ok_or_else(|| WrongUsage(format!("--city-key {text} は公開鍵ではありません")).into())
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("{} を読めません", path.display()))
}

/// A kill or a power cut leaves the old file or the new one, never half of one.
fn replace(path: &Path, text: &str) -> Result<()> {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let write = || {
        let mut file = File::create(&new)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, path)?;
        path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    };
    write().with_context(|| format!("{} に書けません", path.display()))
}
