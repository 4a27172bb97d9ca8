//! PostgreSQL's own programs. Their words are fixed; the address of the database is in their environment, where
//! nobody else on the machine reads its password.
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use db::postgres_environment;

use crate::BackupError;

/// Where distributions put the programs of a server, `{}` for its version.
const FOLDERS: [&str; 4] = [
    "/usr/lib/postgresql/{}/bin",
    "/usr/pgsql-{}/bin",
    "/usr/local/pgsql-{}/bin",
    "/usr/local/opt/postgresql@{}/bin",
];
/// The versions that are looked for, the newest first.
const VERSIONS: std::ops::RangeInclusive<u32> = 15..=40;

/// A program of PostgreSQL, by the name under which the system finds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tool {
    Dump,
    Restore,
    BaseBackup,
    ReceiveWal,
    Init,
    Server,
    /// The system's own, for the archive that `pg_basebackup` writes.
    Tar,
}

impl Tool {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Dump => "pg_dump",
            Self::Restore => "pg_restore",
            Self::BaseBackup => "pg_basebackup",
            Self::ReceiveWal => "pg_receivewal",
            Self::Init => "initdb",
            Self::Server => "postgres",
            Self::Tar => "tar",
        }
    }

    /// As the system finds it.
    pub(crate) fn command(self) -> Command {
        self.command_at(Path::new(self.name()))
    }

    /// Out of the folder of one version.
    pub(crate) fn command_in(self, folder: &Path) -> Command {
        self.command_at(&folder.join(self.name()))
    }

    /// What it says is read by this program, so it says it in English; its own settings come from here alone.
    fn command_at(self, path: &Path) -> Command {
        let mut command = Command::new(path);
        command.env("LC_ALL", "C").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command
    }

    pub(crate) fn refused(self, reason: impl ToString) -> BackupError {
        BackupError::Tool { tool: self.name(), reason: reason.to_string() }
    }

    /// # Errors
    /// The program is not there.
    pub(crate) fn start(self, command: &mut Command) -> Result<Child, BackupError> {
        command.spawn().map_err(|e| match e.kind() {
            std::io::ErrorKind::NotFound => {
                self.refused("この装置にありません。postgresql の道具を入れると使えます")
            }
            _ => self.refused(e),
        })
    }

    /// Waits for it. It ended well; else what it said.
    ///
    /// # Errors
    /// The first lines of what it said.
    pub(crate) fn finish(self, child: Child) -> Result<(), BackupError> {
        let ended = child.wait_with_output().map_err(|e| self.refused(e))?;
        if ended.status.success() {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&ended.stderr);
        Err(self.refused(said.lines().take(3).collect::<Vec<_>>().join(" / ")))
    }

    pub(crate) fn run(self, command: &mut Command) -> Result<(), BackupError> {
        self.finish(self.start(command)?)
    }
}

/// The environment that takes a tool to a database.
pub(crate) fn reach(command: &mut Command, url: &str) -> Result<(), BackupError> {
    command.envs(postgres_environment(url)?);
    Ok(())
}

/// The folder of the programs of a server of `version`; of the newest for `None`.
pub(crate) fn server_programs(version: Option<u32>) -> Result<PathBuf, BackupError> {
    let versions: Vec<u32> = version.map_or_else(|| VERSIONS.rev().collect(), |version| vec![version]);
    let folders = versions
        .iter()
        .flat_map(|version| FOLDERS.map(|folder| PathBuf::from(folder.replace("{}", &version.to_string()))));
    let on_path = std::env::var_os("PATH").filter(|_| version.is_none());
    let on_path: Vec<PathBuf> = on_path.iter().flat_map(std::env::split_paths).collect();
    folders.chain(on_path).find(|folder| folder.join("initdb").exists()).ok_or_else(|| {
        let which = version.map_or_else(String::new, |version| format!(" {version}"));
        let reason = format!("PostgreSQL{which} のサーバーがこの装置にありません。写しを確かめて戻すのに要ります（Debian では postgresql）");
        Tool::Server.refused(reason)
    })
}
