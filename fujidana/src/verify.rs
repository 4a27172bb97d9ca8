//! `fujidana verify`: is the audit log whole? Beside a running program as well: it only reads.
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result};
use audit::{Report, Trust, Witness};
use base::Clock;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use db::{DbError, SqliteOptions, Store, Zone};
use vault::{Keys, VerifyingKey};
use web::City;

use crate::arguments::{Arguments, WrongUsage};
use crate::installation::{AUDITED, keys_folder};
use crate::{city, log_keeper, serve};

/// Exit code 0: whole; 1: damaged, or not readable.
pub fn run(arguments: &Arguments) -> Result<ExitCode> {
    arguments.only(&["data", "database", "keys", "checkpoints", "public-key", "countersigned-by"])?;
    let store = open(arguments)?;
    let witness = witness(arguments)?;
    let found = serve::runtime()?.block_on(store.read_across(city::read))?;
    let Some((city, _)) = found else {
        println!("まだ市がありません。監査の記録もありません");
        return Ok(ExitCode::SUCCESS);
    };
    let trust = Trust { countersigned_by: witness, ..trust(&store, &city, arguments)? };
    let report = audit::verify(&store, city.id, AUDITED, &trust)?;
    tell(&city, &report);
    if !identity::person_index_is_whole(&store, city.id)? {
        println!("✕ だれが見たかの索引が、操作ログと合いません");
        return Ok(ExitCode::FAILURE);
    }
    let is_good = report.is_whole() && !matches!(report.countersigned, Some(Err(_)));
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whose countersignature is asked for.
fn witness(arguments: &Arguments) -> Result<Option<Witness>> {
    let Some(text) = arguments.text("countersigned-by") else { return Ok(None) };
    let witness = Witness::parse(text);
    let wrong = || WrongUsage(format!("--countersigned-by {text} は副署の公開鍵ではありません"));
    Ok(Some(witness.ok_or_else(wrong)?))
}

fn open(arguments: &Arguments) -> Result<Store> {
    let clock = Clock::system();
    if let Some(url) = arguments.text("database") {
        return Ok(Store::open_postgres(url, 1, Zone::Inside, &[], clock)?);
    }
    let path = arguments.folder("data", "./data").join("inside.db");
    Ok(Store::open_sqlite_to_read(SqliteOptions::at(path), Zone::Inside, clock)?)
}

/// Keys and notes from outside the store. Without them the store is compared with itself, and that is said.
fn trust(store: &Store, city: &City, arguments: &Arguments) -> Result<Trust> {
    let notes = notes(&log_keeper::folder(arguments), city)?;
    if let Some(text) = arguments.text("public-key") {
        let bytes = STANDARD.decode(text).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
        let key = bytes.and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok());
        let key = key.ok_or_else(|| WrongUsage(format!("--public-key {text} は公開鍵ではありません")))?;
        return Ok(Trust { keys: vec![key], notes, ..Trust::default() });
    }
    let folder = keys_folder(arguments);
    // A look must not make keys: new ones would fit no signature.
    if folder.join("signing.key").exists() {
        return Ok(Trust { keys: Keys::open(&folder)?.verifying()?, notes, ..Trust::default() });
    }
    println!("署名の鍵が {} にないので、データの中の公開鍵で確かめます", folder.display());
    let stored: Result<Vec<VerifyingKey>, DbError> = store.read_blocking(city.id, audit::stored_keys);
    Ok(Trust { keys: stored?, notes, ..Trust::default() })
}

/// The exported checkpoints of the city.
fn notes(folder: &Path, city: &City) -> Result<Vec<String>> {
    let Ok(files) = std::fs::read_dir(folder) else { return Ok(Vec::new()) };
    let mut notes = Vec::new();
    for file in files {
        let path = file?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.starts_with(&format!("{}-", city.id.0)) && name.ends_with(".note") {
            let note = std::fs::read_to_string(&path);
            notes.push(note.with_context(|| format!("{} を読めません", path.display()))?);
        }
    }
    Ok(notes)
}

fn tell(city: &City, report: &Report) {
    println!("{} の監査の記録", city.name);
    println!("  確かめた行       {}", report.records);
    println!("  木に入る前の行   {}", report.unsealed);
    println!("  個人情報を消した行 {}", report.erased);
    println!("  木の葉           {}", report.leaves);
    if let Some(root) = report.root {
        println!("  木の根           {}", root.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    }
    println!(
        "  チェックポイント {}（署名は葉{}まで、書き出したもの {}）",
        report.checkpoints, report.signed, report.outside
    );
    match &report.countersigned {
        None => {}
        Some(Ok((size, at))) => {
            let (hour, minute) = at.hour_minute();
            println!("  副署             葉{size}まで（{} {hour}:{minute:02}）", at.date());
        }
        Some(Err(why)) => println!("  ✕ {why}"),
    }
    for damage in &report.damages {
        println!("  ✕ {damage}");
    }
    println!(
        "{}",
        if report.is_whole() {
            "記録はそろっています"
        } else {
            "記録が壊れているか、書き換えられています"
        }
    );
}
