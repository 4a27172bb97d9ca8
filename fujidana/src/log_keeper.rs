//! Keeps the audit log: seals what was committed, signs the tree each hour and at the close of a day, and writes the
//! signed checkpoint where the store cannot reach it (office §5.2).
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};
use base::At;
use db::DbError;
use vault::Keys;
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

/// Seals what waits and signs the tree; the day's note is written out. A quiet city signs nothing.
pub async fn sign(site: &Site, keys: &Keys, folder: &Path) -> Result<()> {
    seal(site).await?;
    let key = keys.clone();
    let signed = site.inside().write(site.city().id, move |tx| audit::checkpoint(tx, key.signing())).await;
    let Some(checkpoint) = signed.map_err(|e: DbError| e)? else { return Ok(()) };
    let name = format!("{}-{}.note", site.city().id.0, checkpoint.signed_at.date());
    let write = || {
        std::fs::create_dir_all(folder)?;
        let new = folder.join(format!("{name}.new"));
        std::fs::write(&new, &checkpoint.note)?;
        std::fs::rename(&new, folder.join(&name))
    };
    write().with_context(|| format!("{} にチェックポイントを書けません", folder.display()))
}
