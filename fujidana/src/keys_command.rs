//! `fujidana keys`: what keys there are, and their rotation (鍵の交代; DESIGN §5a).
use std::io::{IsTerminal, Write};

use anyhow::{Result, bail};
use base::{Clock, MunicipalityId};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use db::{DbError, Store, Tx};
use identity::{AccountId, reseal_secrets};
use vault::numbers::reseal;
use vault::{KeyUse, Keys, NumberKind};

use crate::arguments::{Arguments, WrongUsage};
use crate::installation::{Installation, keys_folder, open_keys};
use crate::{log_keeper, serve};

/// Rows of one transaction: short enough that a desk beside it does not wait.
const SLICE: usize = 200;
const ACCOUNTS: i64 = 100;

pub fn run(arguments: &Arguments) -> Result<()> {
    arguments.only(&["data", "database", "keys", "checkpoints"])?;
    let words: Vec<&str> = arguments.words.iter().map(String::as_str).collect();
    match words[..] {
        ["list"] => list(arguments),
        ["rotate", "signing"] => rotate_signing(arguments),
        ["rotate", name] => rotate(arguments, key_use(name)?),
        ["reseal", name] => reseal_all(arguments, key_use(name)?),
        ["forget", name, no] => forget(arguments, key_use(name)?, no),
        _ => wrong(
            "使い方: fujidana keys list | rotate USE | rotate signing | reseal USE | forget USE NO"
                .to_owned(),
        ),
    }
}

fn key_use(name: &str) -> Result<KeyUse> {
    let names = KeyUse::ALL.map(KeyUse::name).join("、");
    let found = KeyUse::ALL.into_iter().find(|each| each.name() == name);
    found.map_or_else(|| wrong(format!("{name} という鍵はありません。あるのは {names} です")), Ok)
}

fn wrong<T>(told: String) -> Result<T> {
    Err(WrongUsage(told).into())
}

fn list(arguments: &Arguments) -> Result<()> {
    let folder = keys_folder(arguments);
    // A look must not make keys.
    if !folder.exists() {
        bail!("鍵のフォルダー {} はまだありません。最初に動かしたときにできます", folder.display());
    }
    let keys = open_keys(arguments)?;
    println!("鍵のフォルダー {}", folder.display());
    for each in KeyUse::ALL {
        let kept: Vec<String> = keys.kept(each).iter().map(u16::to_string).collect();
        println!("  {:<8} {}", each.name(), kept.join(" "));
    }
    for key in keys.verifying()? {
        println!("  signing  {}", STANDARD.encode(key.as_bytes()));
    }
    println!("いま使うのは、それぞれ最後の鍵です");
    Ok(())
}

fn rotate(arguments: &Arguments, key_use: KeyUse) -> Result<()> {
    let installation = stored(arguments, key_use)?;
    let keys = open_keys(arguments)?;
    println!("{} の新しい鍵は {} 番です", key_use.name(), keys.rotate(key_use)?);
    told_reseal(installation.as_ref(), &keys, key_use)
}

/// A new key for the checkpoints. The old one signs that the new one follows: who has the old public half on paper can
/// go on checking. A running program signs with the new one when it is started again.
fn rotate_signing(arguments: &Arguments) -> Result<()> {
    let installation = Installation::open(arguments, &Clock::system())?;
    let Some((city, _)) = serve::runtime()?.block_on(installation.city())? else {
        bail!("まだ市がありません。署名の鍵は、市をつくってから交代できます");
    };
    let folder = log_keeper::folder(arguments);
    let new = installation.keys.rotate_signing(|old, new| {
        let (old, heir) = (old.clone(), new.verifying_key());
        let handed = installation.inside.write_blocking(city.id, move |tx| audit::hand_over(tx, &old, &heir));
        let note = handed.map_err(|error: DbError| error)?;
        log_keeper::write_succession(&folder, city.id, &heir, &note)
    })?;
    println!(
        "これからの署名の公開鍵は {} です。紙に控えてください",
        STANDARD.encode(new.verifying_key().as_bytes())
    );
    println!(
        "前の鍵が署名した引き継ぎを {} に書きました。動かし直すと、新しい鍵で署名します",
        folder.display()
    );
    Ok(())
}

fn reseal_all(arguments: &Arguments, key_use: KeyUse) -> Result<()> {
    told_reseal(stored(arguments, key_use)?.as_ref(), &open_keys(arguments)?, key_use)
}

/// Brings what is stored under the newest keys, and says what may be done with the old ones.
fn told_reseal(installation: Option<&Installation>, keys: &Keys, key_use: KeyUse) -> Result<()> {
    let name = key_use.name();
    match installation {
        Some(installation) => {
            println!("保存してある値を新しい鍵にします。途中で止まったら keys reseal {name} で続けられます");
            let changed = serve::runtime()?.block_on(reseal_stored(installation, keys, key_use))?;
            println!("{changed} 件を新しい鍵にしました。古い鍵は keys forget {name} NO で消せます");
        }
        None => println!("前の控えは古い鍵で開きます。古い鍵は、その控えを捨てるまで残しておきます"),
    }
    Ok(())
}

fn forget(arguments: &Arguments, key_use: KeyUse, no: &str) -> Result<()> {
    let Ok(no) = no.parse() else { return wrong(format!("{no} は鍵の番号ではありません")) };
    let installation = stored(arguments, key_use)?;
    let keys = open_keys(arguments)?;
    if let Some(installation) = &installation {
        // Whatever is still under it must be under another key before it goes.
        serve::runtime()?.block_on(reseal_stored(installation, &keys, key_use))?;
    }
    keys.forget(key_use, no)?;
    println!("{} の {no} 番の鍵を消しました。この鍵で暗号化したものは、もう開けません", key_use.name());
    Ok(())
}

/// The installation, where the values under these keys stand in its store. Opened before a key is made: an embedded
/// store that another process serves is refused first.
fn stored(arguments: &Arguments, key_use: KeyUse) -> Result<Option<Installation>> {
    match key_use {
        KeyUse::Numbers | KeyUse::Lookup | KeyUse::Totp => {
            Ok(Some(Installation::open(arguments, &Clock::system())?))
        }
        KeyUse::Backup => Ok(None),
    }
}

/// Rows that were written anew.
async fn reseal_stored(installation: &Installation, keys: &Keys, key_use: KeyUse) -> Result<usize> {
    let Some((city, _)) = installation.city().await? else { return Ok(0) };
    if key_use == KeyUse::Totp {
        return reseal_accounts(&installation.inside, city.id, keys).await;
    }
    let mut changed = 0;
    for kind in NumberKind::ALL {
        changed += reseal_kind(&installation.inside, city.id, keys, kind).await?;
    }
    Ok(changed)
}

async fn reseal_accounts(store: &Store, city: MunicipalityId, keys: &Keys) -> Result<usize> {
    let (mut after, mut changed) = (AccountId::new(i64::MIN), 0);
    loop {
        let keys = keys.clone();
        let slice = move |tx: &mut Tx<'_>| reseal_secrets(tx, &keys, after, ACCOUNTS);
        let Some((last, anew)) = store.write_bulk(city, slice).await? else { return Ok(changed) };
        (after, changed) = (last, changed + usize::try_from(anew)?);
    }
}

async fn reseal_kind(store: &Store, city: MunicipalityId, keys: &Keys, kind: NumberKind) -> Result<usize> {
    let (mut after, mut seen, mut changed) = (None, 0, 0);
    loop {
        let keys = keys.clone();
        let done = store.write_bulk(city, move |tx| reseal(tx, &keys, kind, after, SLICE)).await?;
        seen += done.seen;
        changed += done.changed;
        let last = done.next.is_none();
        progress(kind, seen, changed, last);
        if last {
            return Ok(changed);
        }
        after = done.next;
    }
}

fn progress(kind: NumberKind, seen: usize, changed: usize, last: bool) {
    if std::io::stderr().is_terminal() {
        eprint!("\r{} {seen} 件を読み、{changed} 件を新しい鍵にしました", kind.title());
        if last {
            eprintln!();
        }
        drop(std::io::stderr().flush());
    }
}

#[cfg(test)]
mod tests {
    use base::{MyNumber, PersonId};
    use testkit::Scratch;
    use vault::{Number, NumberError, numbers};

    use super::*;
    use crate::city;

    const PEOPLE: u64 = 450;

    fn arguments(scratch: &Scratch, words: &[&str]) -> Arguments {
        let data = scratch.path.join("data").display().to_string();
        let words = words.iter().map(|word| (*word).to_owned());
        Arguments::parse(words.chain(["--data".to_owned(), data])).expect("is understood")
    }

    fn command(scratch: &Scratch, words: &[&str]) -> Result<(), String> {
        run(&arguments(scratch, words)).map_err(|error| error.to_string())
    }

    fn number(nth: u64) -> Number {
        Number::MyNumber(MyNumber::from_eleven(nth).expect("eleven digits"))
    }

    /// A city in which `PEOPLE` have a number.
    fn fill(scratch: &Scratch) -> MunicipalityId {
        let installation = open(scratch);
        let (city, keys) = (city::fujioka(), installation.keys.clone());
        let id = city.id;
        let written: Result<(), DbError> = installation.inside.write_blocking(id, move |tx| {
            let at = tx.started_at();
            city::create_sample(tx, &keys, &city, "no password", at)?;
            let all: Vec<(PersonId, Number)> =
                (1..=PEOPLE).map(|nth| (PersonId::new(nth.cast_signed()), number(nth))).collect();
            numbers::store_new(tx, &keys, &all)
        });
        written.expect("writes");
        id
    }

    fn open(scratch: &Scratch) -> Installation {
        Installation::open(&arguments(scratch, &[]), &Clock::system()).expect("opens")
    }

    /// Everybody is found by number, as the keys are now.
    fn all_are_found(scratch: &Scratch, city: MunicipalityId) {
        let installation = open(scratch);
        let keys = installation.keys.clone();
        let found: Result<u64, NumberError> = installation.inside.read_blocking(city, move |tx| {
            let mut found = 0;
            for nth in 1..=PEOPLE {
                found += u64::from(
                    numbers::find(tx, &keys, &number(nth))? == Some(PersonId::new(nth.cast_signed())),
                );
            }
            Ok(found)
        });
        assert_eq!(found.expect("all open"), PEOPLE);
    }

    #[test]
    fn a_rotation_ends_with_the_old_keys_gone() {
        let scratch = Scratch::new();
        let told = command(&scratch, &["list"]).expect_err("a look makes no keys");
        assert!(told.contains("まだありません"), "{told}");
        assert!(!scratch.path.join("data.keys").exists());
        let city = fill(&scratch);
        for name in ["numbers", "lookup", "totp"] {
            command(&scratch, &["rotate", name]).expect("rotates");
            all_are_found(&scratch, city);
            command(&scratch, &["forget", name, "1"]).expect("forgets");
            all_are_found(&scratch, city);
        }
        command(&scratch, &["rotate", "backup"]).expect("rotates");
        let Installation { keys, inside, .. } = open(&scratch);
        let left = serve::runtime().expect("a runtime").block_on(reseal_accounts(&inside, city, &keys));
        assert_eq!(left.expect("all open"), 0, "no account is under an old key");
        assert_eq!(KeyUse::ALL.map(|each| keys.kept(each)), [vec![2], vec![2], vec![1, 2], vec![2]]);
        command(&scratch, &["list"]).expect("lists");
    }

    /// Two rotations with checkpoints between: `verify` goes on, from the first key alone as well.
    #[test]
    fn a_rotation_of_the_signing_key_can_be_proved() {
        let scratch = Scratch::new();
        let told = command(&scratch, &["rotate", "signing"]).expect_err("nobody's log");
        assert!(told.contains("まだ市がありません"), "{told}");
        let city = fill(&scratch);
        let first = open(&scratch).keys.signing().verifying_key();
        for rotation in 1..=2 {
            command(&scratch, &["rotate", "signing"]).expect("rotates");
            let folder = log_keeper::folder(&arguments(&scratch, &[]));
            let notes = std::fs::read_dir(folder).expect("it is there").map_while(Result::ok);
            let notes = notes.filter(|file| file.file_name().to_string_lossy().ends_with(".successor"));
            assert_eq!(notes.count(), rotation);
        }
        let Installation { keys, inside, .. } = open(&scratch);
        assert_ne!(keys.signing().verifying_key(), first);
        let proof = inside.read_blocking(city, move |tx| audit::proof_file(tx, "藤岡市", &first, &[]));
        let (lines, _) = proof.map_err(|error: DbError| error).expect("proves");
        let notes: Vec<String> =
            lines.iter().filter_map(|line| line["successor"].as_str()).map(str::to_owned).collect();
        let trusted = audit::with_heirs(city, &[first], &notes);
        assert_eq!(Ok(trusted), keys.verifying());
        assert!(audit::with_heirs(city, &[keys.signing().verifying_key()], &notes).len() == 1);
    }

    /// A new key beside a store that cannot be opened would be of no use: nothing is made.
    #[test]
    fn a_running_store_is_refused_before_a_key_is_made() {
        let scratch = Scratch::new();
        let running = open(&scratch);
        let told = command(&scratch, &["rotate", "numbers"]).expect_err("another process has it");
        assert!(told.contains("別の fujidana"), "{told}");
        assert_eq!(running.keys.kept(KeyUse::Numbers), [1]);
    }

    #[test]
    fn wrong_words_are_told() {
        let scratch = Scratch::new();
        drop(open(&scratch));
        for (words, expected) in [
            (&["rotate", "number"][..], "number という鍵はありません"),
            (&["turn"], "使い方"),
            (&["forget", "backup", "x"], "x は鍵の番号ではありません"),
            (&["forget", "backup", "1"], "いま使っている鍵"),
            (&["forget", "numbers", "7"], "7 番の鍵はありません"),
            (&["forget", "totp", "1"], "いま使っている鍵"),
        ] {
            let told = command(&scratch, words).expect_err("is refused");
            assert!(told.contains(expected), "{words:?}: {told}");
        }
    }
}
