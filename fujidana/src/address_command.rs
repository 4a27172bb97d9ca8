//! `fujidana address load FILE --data DIR`: puts a registry of towns (町字マスター, one prefecture or the country) into
//! an installation, as `towns.tsv` in its folder. The program and `check address` use it from their next start on.
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context, Result};

use crate::arguments::{Arguments, WrongUsage};

const TABLE: &str = "towns.tsv";

pub fn run(arguments: &Arguments) -> Result<()> {
    arguments.only(&["data"])?;
    let [command, file] = arguments.words.as_slice() else { return Err(usage()) };
    if command != "load" {
        return Err(usage());
    }
    let table = table_of(Path::new(file))?;
    let folder = arguments.folder("data", "./data");
    fs::create_dir_all(&folder).with_context(|| format!("{} をつくれません", folder.display()))?;
    replace(&folder, &table.text).with_context(|| format!("{} に書けません", folder.display()))?;
    println!(
        "{} に{}市区町村の町字{}件を読み込みました。動いている fujidana は次に始めたときから使います",
        folder.join(TABLE).display(),
        table.municipalities,
        table.towns
    );
    Ok(())
}

fn usage() -> anyhow::Error {
    WrongUsage("使い方: fujidana address load ファイル [--data DIR]".to_owned()).into()
}

/// Nothing is replaced unless the whole file could be read.
fn table_of(file: &Path) -> Result<address::RegistryTable> {
    let content = fs::read(file).with_context(|| format!("{} を読めません", file.display()))?;
    address::registry_table(&content).with_context(|| format!("{} は読み込みませんでした", file.display()))
}

/// The old table is whole until the new one is on the disk.
fn replace(folder: &Path, table: &str) -> Result<()> {
    let beside = folder.join(format!("{TABLE}.new"));
    let mut file = File::create(&beside)?;
    file.write_all(table.as_bytes())?;
    file.sync_all()?;
    fs::rename(&beside, folder.join(TABLE))?;
    File::open(folder)?.sync_all()?;
    Ok(())
}

/// Uses `--registry FILE`, else the table of the installation where it has one. To be called before the first look at a
/// town.
pub fn use_towns(arguments: &Arguments) -> Result<()> {
    if let Some(file) = arguments.text("registry") {
        address::use_registry(table_of(Path::new(file))?.text)?;
        return Ok(());
    }
    let path = arguments.folder("data", "./data").join(TABLE);
    if !path.exists() {
        return Ok(());
    }
    let table = fs::read_to_string(&path).with_context(|| format!("{} を読めません", path.display()))?;
    address::use_registry(table).with_context(|| format!("{} を使えません", path.display()))?;
    Ok(())
}
