//! `pg_receivewal`, kept running: it takes the server's log into a folder as fast as the server writes it.
use std::process::Child;
use std::time::Instant;

use db::Server;

use crate::BackupError;
use crate::copying::PAUSE;
use crate::tools::{Tool, reach};
use crate::wal::WalFolder;

/// Through the slot the server keeps what was not received yet, also while this program does not run.
#[derive(Debug)]
pub(crate) struct Receiver {
    pub url: String,
    pub slot: String,
    child: Option<Child>,
    retry_at: Instant,
}

impl Receiver {
    pub(crate) fn new(url: String, slot: String) -> Self {
        Self { url, slot, child: None, retry_at: Instant::now() }
    }

    /// Makes the slot where it is missing, and takes it from a receiver of an earlier run.
    ///
    /// # Errors
    /// The server refuses.
    pub(crate) fn prepare(&self) -> Result<(), BackupError> {
        let mut command = Tool::ReceiveWal.command();
        reach(&mut command, &self.url)?;
        command.args(["--no-password", "--create-slot", "--if-not-exists", "--slot", &self.slot]);
        Tool::ReceiveWal.run(&mut command)?;
        Ok(Server::connect(&self.url)?.free_slot(&self.slot)?)
    }

    /// Starts it where it does not run. Gives whether it runs.
    ///
    /// # Errors
    /// Why it ended.
    pub(crate) fn tend(&mut self, folder: &WalFolder) -> Result<bool, BackupError> {
        if let Some(child) = &mut self.child {
            if child.try_wait().map_err(|e| Tool::ReceiveWal.refused(e))?.is_none() {
                return Ok(true);
            }
            self.retry_at = Instant::now() + PAUSE;
            let ended = self.child.take().map_or(Ok(()), |child| Tool::ReceiveWal.finish(child));
            return ended.map(|()| false);
        }
        if Instant::now() < self.retry_at {
            return Ok(false);
        }
        let mut command = Tool::ReceiveWal.command();
        reach(&mut command, &self.url)?;
        command.args(["--no-password", "--no-loop", "--slot", &self.slot, "--directory"]).arg(&folder.path);
        self.retry_at = Instant::now() + PAUSE;
        self.child = Some(Tool::ReceiveWal.start(&mut command)?);
        Ok(true)
    }

    pub(crate) fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            drop(child.kill());
            drop(child.wait());
        }
    }
}

/// The server has thrown away what the slot should have kept: everything begins anew.
pub(crate) fn has_lost(error: &BackupError) -> bool {
    let BackupError::Tool { reason, .. } = error else { return false };
    ["has already been removed", "does not exist", "invalidated", "can no longer"]
        .iter()
        .any(|said| reason.contains(said))
}
