//! A PostgreSQL server for one restore: in a folder of its own, reached through a socket that nobody else may open,
//! gone with everything it had when it is dropped.
use std::fs::{self, DirBuilder, File, Permissions};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use db::Server;
use rustix::process::{Pid, Signal, geteuid, kill_process};

use crate::BackupError;
use crate::tools::{Tool, server_programs};

/// For the log to be gone through: hours of it, on a slow disk.
const PATIENCE: Duration = Duration::from_secs(30 * 60);
/// A server that was told to stop is not waited for longer.
const LAST: Duration = Duration::from_secs(20);
const LOOK: Duration = Duration::from_millis(50);

static NEXT: AtomicU32 = AtomicU32::new(0);

/// Before it runs: its folders.
#[derive(Debug)]
pub(crate) struct ScratchServer {
    /// On the disk that the caller names: the data.
    pub data: PathBuf,
    /// Short enough for the path of a socket.
    socket: PathBuf,
    owner: Option<Owner>,
    programs: PathBuf,
    child: Option<Child>,
}

/// PostgreSQL refuses to run as root: then its own user runs it.
#[derive(Debug, Clone, Copy)]
struct Owner {
    user: u32,
    group: u32,
}

impl Owner {
    fn find() -> Result<Option<Self>, BackupError> {
        if !geteuid().is_root() {
            return Ok(None);
        }
        let users = fs::read_to_string("/etc/passwd").unwrap_or_default();
        let found = users.lines().find_map(|line| {
            let mut parts = line.strip_prefix("postgres:")?.split(':').skip(1);
            Some(Self { user: parts.next()?.parse().ok()?, group: parts.next()?.parse().ok()? })
        });
        let missing = "root では動かせません。postgres という利用者もないので、別の利用者で実行してください";
        found.map(Some).ok_or_else(|| Tool::Server.refused(missing))
    }
}

impl ScratchServer {
    /// Empty folders, the data's in the folder `scratch`. `version` is that of the data that come there.
    ///
    /// # Errors
    /// A folder cannot be made, or the programs of a server are not there.
    pub(crate) fn new(scratch: &Path, version: Option<u32>) -> Result<Self, BackupError> {
        let (owner, programs) = (Owner::find()?, server_programs(version)?);
        let number = NEXT.fetch_add(1, Ordering::SeqCst);
        let name = format!("fujidana-{}-{number}", std::process::id());
        let (data, socket) = (scratch.join(format!("server-{number}")), std::env::temp_dir().join(name));
        fs::create_dir_all(scratch).map_err(|e| BackupError::file(scratch, &e))?;
        let made = Self { data, socket, owner, programs, child: None };
        for folder in [&made.data, &made.socket] {
            drop(fs::remove_dir_all(folder));
            DirBuilder::new().mode(0o700).create(folder).map_err(|e| BackupError::file(folder, &e))?;
            made.give(folder)?;
        }
        Ok(made)
    }

    /// Other programs of the same version.
    pub(crate) fn tool(&self, tool: Tool) -> Command {
        tool.command_in(&self.programs)
    }

    /// Runs as the owner of the data.
    pub(crate) fn own(&self, command: &mut Command) {
        command.current_dir("/");
        if let Some(Owner { user, group }) = self.owner {
            command.uid(user).gid(group);
        }
    }

    /// A file that this program made for the server.
    pub(crate) fn give(&self, path: &Path) -> Result<(), BackupError> {
        let Some(Owner { user, group }) = self.owner else { return Ok(()) };
        chown(path, Some(user), Some(group)).map_err(|e| BackupError::file(path, &e))
    }

    /// A fresh server whose first user is `user`.
    pub(crate) fn init(&self, user: &str) -> Result<(), BackupError> {
        let mut command = self.tool(Tool::Init);
        self.own(&mut command);
        command.args([
            "--locale=C",
            "--encoding=UTF8",
            "--auth=trust",
            "--no-sync",
            "--username",
            user,
            "--pgdata",
        ]);
        Tool::Init.run(command.arg(&self.data))
    }

    /// Starts it and waits until it answers, after it has gone through the log it was given.
    ///
    /// # Errors
    /// It ends before, with what it said last.
    pub(crate) fn start(&mut self, user: &str, database: &str) -> Result<String, BackupError> {
        fs::set_permissions(&self.data, Permissions::from_mode(0o700))
            .map_err(|e| BackupError::file(&self.data, &e))?;
        let (settings, log) = (self.socket.join("postgresql.conf"), self.socket.join("log"));
        let made = |path: &Path, text: &str| {
            fs::write(path, text).map_err(|e| BackupError::file(path, &e))?;
            self.give(path)
        };
        made(&settings, "")?;
        made(&self.socket.join("pg_hba.conf"), "local all all trust\n")?;
        made(&self.socket.join("pg_ident.conf"), "")?;
        let said = File::create(&log).map_err(|e| BackupError::file(&log, &e))?;
        let mut command = self.tool(Tool::Server);
        self.own(&mut command);
        command.arg("-D").arg(&self.data).stderr(Stdio::from(said));
        for (name, value) in self.settings() {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        self.child = Some(Tool::Server.start(&mut command)?);
        let url = self.url(user, database);
        let until = Instant::now() + PATIENCE;
        loop {
            let answer = Server::connect(&url);
            let Some(child) = &mut self.child else { return Ok(url) };
            match (answer, child.try_wait()) {
                (Ok(_), _) => return Ok(url),
                (Err(_), Ok(None)) if Instant::now() < until => thread::sleep(LOOK),
                (Err(error), Ok(None)) => return Err(error.into()),
                (Err(_), _) => return Err(Tool::Server.refused(last_words(&log))),
            }
        }
    }

    /// What counts whatever the settings of the server were from which the data come.
    fn settings(&self) -> [(&'static str, String); 14] {
        let at = |name: &str| self.socket.join(name).display().to_string();
        let fixed = |text: &str| text.to_owned();
        [
            ("config_file", at("postgresql.conf")),
            ("hba_file", at("pg_hba.conf")),
            ("ident_file", at("pg_ident.conf")),
            ("unix_socket_directories", self.socket.display().to_string()),
            ("listen_addresses", fixed("")),
            ("shared_preload_libraries", fixed("")),
            ("archive_mode", fixed("off")),
            ("ssl", fixed("off")),
            ("hot_standby", fixed("off")),
            ("logging_collector", fixed("off")),
            ("autovacuum", fixed("off")),
            // It is thrown away in any case.
            ("fsync", fixed("off")),
            // All of the log lies in its own folder already.
            ("restore_command", fixed("false")),
            ("recovery_target_timeline", fixed("latest")),
        ]
    }

    pub(crate) fn url(&self, user: &str, database: &str) -> String {
        let quoted = |text: &str| format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"));
        let socket = quoted(&self.socket.display().to_string());
        format!("host={socket} user={} dbname={}", quoted(user), quoted(database))
    }
}

fn last_words(log: &Path) -> String {
    let said = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> =
        said.lines().filter(|line| line.contains("FATAL") || line.contains("PANIC")).collect();
    lines.iter().rev().take(2).rev().copied().collect::<Vec<_>>().join(" / ")
}

impl Drop for ScratchServer {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
            let told = pid.is_some_and(|pid| kill_process(pid, Signal::QUIT).is_ok());
            let until = Instant::now() + if told { LAST } else { Duration::ZERO };
            while child.try_wait().is_ok_and(|ended| ended.is_none()) && Instant::now() < until {
                thread::sleep(LOOK);
            }
            drop(child.kill());
            drop(child.wait());
        }
        for folder in [&self.data, &self.socket] {
            drop(fs::remove_dir_all(folder));
        }
    }
}
