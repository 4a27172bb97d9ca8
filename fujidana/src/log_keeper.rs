//! Keeps the audit log: seals what was committed, signs the tree each hour and at the close of a day, and writes the
//! signed checkpoint where the store cannot reach it (office §5.2).
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use base::{At, MunicipalityId};
use db::DbError;
use vault::{Keys, VerifyingKey};
use web::Site;

use crate::arguments::Arguments;
use crate::installation::AUDITED;

/// Between two sealings. What waits is covered by its own hashes already.
const EVERY: Duration = Duration::from_secs(1);
/// Seconds between two checkpoints of a busy city.
const SIGNED_EVERY: i64 = 3600;

/// `--checkpoints`, or a folder beside the data: best on another machine.
pub fn folder(arguments: &Arguments) -> PathBuf {
    let beside = || {
        let mut name = arguments.folder("data", "./data").components().as_path().as_os_str().to_owned();
        name.push(".checkpoints");
        PathBuf::from(name)
    };
    arguments.text("checkpoints").map_or_else(beside, PathBuf::from)
}

/// Keeps the log for as long as the program runs.
pub fn start(site: Site, keys: Keys, folder: PathBuf) {
    tokio::spawn(async move {
        let mut signed_at = At::from_micros(0);
        loop {
            tokio::time::sleep(EVERY).await;
            let now = site.inside().clock().now();
            let is_due = now >= signed_at.plus_seconds(SIGNED_EVERY) || now.date() != signed_at.date();
            let kept = if is_due {
                sign(&site, &keys, &folder).await
            } else {
                seal(&site).await.map_err(anyhow::Error::from)
            };
            match kept {
                Ok(()) if is_due => signed_at = now,
                Ok(()) => {}
                Err(error) => tracing::error!(%error, "the audit log is not kept"),
            }
        }
    });
}

async fn seal(site: &Site) -> Result<(), DbError> {
    audit::seal(site.inside(), site.city().id, AUDITED).await?;
    Ok(())
}

/// Seals what waits and signs the tree; the day's note is written out, and the proof that each checkpoint grew from the
/// one before, for the audit office. A quiet city signs nothing.
pub async fn sign(site: &Site, keys: &Keys, folder: &Path) -> Result<()> {
    seal(site).await?;
    let key = keys.clone();
    let signed = site.inside().write(site.city().id, move |tx| audit::checkpoint(tx, key.signing())).await;
    let Some(checkpoint) = signed.map_err(|e: DbError| e)? else { return Ok(()) };
    let city = site.city().clone();
    let first = keys.verifying()?[0];
    let name = city.name.to_string();
    let proof = site.inside().read(city.id, move |tx| audit::proof_file(tx, &name, &first, &[])).await;
    let (lines, _) = proof.map_err(|e: DbError| e)?;
    // One file, always the newest: it proves what all before it proved. Before the note, which it has to prove.
    let proof: String = lines.iter().map(|line| format!("{line}\n")).collect();
    write(folder, &format!("{}.proof", city.id.0), &proof)?;
    let day = format!("{}-{}", city.id.0, checkpoint.signed_at.date());
    keep_countersigned(folder, &day)?;
    write(folder, &format!("{day}.note"), &checkpoint.note)
}

/// The note of the day gives way to a newer one, unless the audit office has signed it: then it stays under its size.
fn keep_countersigned(folder: &Path, day: &str) -> Result<()> {
    let path = folder.join(format!("{day}.note"));
    let Ok(note) = std::fs::read_to_string(&path) else { return Ok(()) };
    let Some(size) = note.lines().nth(1).filter(|_| note.matches("\n— ").count() > 1) else {
        return Ok(());
    };
    std::fs::rename(&path, folder.join(format!("{day}-{size}.note")))
        .with_context(|| format!("{} を残せません", path.display()))
}

/// The note by which the old signing key names the new one: beside the checkpoints, where the store cannot reach it.
///
/// # Errors
/// The folder cannot be written.
pub fn write_succession(folder: &Path, city: MunicipalityId, new: &VerifyingKey, note: &str) -> Result<()> {
    let name: String = new.as_bytes()[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    write(folder, &format!("{}-{name}.successor", city.0), note)
}

/// A kill leaves the old file or the new one, never half of one.
fn write(folder: &Path, name: &str, note: &str) -> Result<()> {
    let write = || {
        std::fs::create_dir_all(folder)?;
        let new = folder.join(format!("{name}.new"));
        std::fs::write(&new, note)?;
        std::fs::rename(&new, folder.join(name))
    };
    write().with_context(|| format!("{} にチェックポイントを書けません", folder.display()))
}
