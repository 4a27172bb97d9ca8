//! How the installation is: `GET /healthz` for monitors, and the same judgement for the page 「装置のようす」.
//! Names no person, and `/healthz`, which everybody may ask, no place either.
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use backup::{DrillReport, Running, ZoneReport, drills};
use base::At;
use db::{DbError, Engine, Store, params, sql_across};
use serde_json::{Map, Value, json};
use tokio::sync::Notify;

use crate::Site;

/// A drill must have passed within this many seconds: each night, and two hours more.
const DRILL_WITHIN: i64 = 26 * 3600;
/// A disk with less than this many hundredths free needs a person; with less than a fifth of it, at once.
const FREE_PERCENT: u64 = 10;
/// A job that has waited so long, in seconds, is worth a look.
const JOB_WAITS: i64 = 300;
/// A clock that leaves the machine's own count by more than this has jumped.
const JUMP: Duration = Duration::from_secs(5);
/// A certificate that ends within this many days wants a new one soon; within the second number, at once.
const CERTIFICATE_DAYS: [i64; 2] = [30, 7];
const DAY_MICROS: i64 = 24 * 3600 * 1_000_000;

/// What only the running program knows of itself.
#[derive(Debug)]
pub struct Watch {
    /// The folder whose disk fills.
    pub data: Option<PathBuf>,
    /// The continuous copy.
    pub copies: Option<Running>,
    /// Asks for a drill now.
    pub drill_now: Arc<Notify>,
    /// None where a device in front of the program speaks TLS.
    certificate: Mutex<Option<Certificate>>,
    started: Instant,
    started_at: At,
}

impl Watch {
    pub fn new(data: Option<PathBuf>, copies: Option<Running>, started_at: At) -> Self {
        Self {
            data,
            copies,
            drill_now: Arc::default(),
            certificate: Mutex::default(),
            started: Instant::now(),
            started_at,
        }
    }

    /// From now on the program shows this certificate to browsers.
    pub fn shows(&self, certificate: Certificate) {
        *self.certificate.lock().unwrap_or_else(PoisonError::into_inner) = Some(certificate);
    }
    fn certificate(&self) -> Option<Certificate> {
        self.certificate.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The certificate (証明書) that the program itself shows to browsers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    pub ends_at: At,
    /// Why the newest files are not used, and what to do; none when they are.
    pub trouble: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// Not set up.
    Absent,
    Good,
    /// Worth a look.
    Attention,
    /// Somebody must act.
    Bad,
}

impl State {
    /// For machines.
    pub fn word(self) -> &'static str {
        match self {
            Self::Absent => "none",
            Self::Good => "ok",
            Self::Attention => "attention",
            Self::Bad => "bad",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    pub key: &'static str,
    pub label: &'static str,
    pub state: State,
    /// What is so, and what to do.
    pub told: String,
}

#[derive(Debug, Clone)]
pub struct Health {
    pub checks: Vec<Check>,
    pub copies: Vec<ZoneReport>,
    /// The newest first.
    pub drills: Vec<DrillReport>,
}

impl Health {
    /// The worst of all.
    pub fn state(&self) -> State {
        self.checks.iter().map(|check| check.state).max().unwrap_or(State::Absent)
    }
}

pub(crate) async fn healthz(site: Site) -> Response {
    let (inside, portal) = tokio::join!(zone(site.inside()), zone(site.portal()));
    let health = look_at(&site).await;
    let healthy = inside.is_ok() && portal.is_ok() && health.as_ref().is_ok_and(|h| h.state() != State::Bad);
    let told = |state: Result<Value, DbError>| state.unwrap_or_else(|_| json!({ "migrations": "unknown" }));
    let health = health.unwrap_or(Health { checks: Vec::new(), copies: Vec::new(), drills: Vec::new() });
    let checks: Map<String, Value> =
        health.checks.iter().map(|check| (check.key.to_owned(), check.state.word().into())).collect();
    let copies: Map<String, Value> =
        health.copies.iter().map(|copy| (copy.source.to_owned(), shown(copy))).collect();
    let body = json!({
        "status": if healthy { "ok" } else { "failing" },
        "version": site.version(),
        "engine": engine(site.inside()),
        "zones": { "inside": told(inside), "portal": told(portal) },
        "checks": checks,
        "copies": copies,
    });
    let status = if healthy { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, axum::Json(body)).into_response()
}

fn shown(copy: &ZoneReport) -> Value {
    let mut shown = json!({
        "confirmed_at": copy.confirmed_at.map(At::micros),
        "whole_at": copy.whole_at.map(At::micros),
        "waiting_bytes": copy.waiting_bytes,
    });
    if let Some(waiting) = copy.waiting {
        shown["waiting_ms"] = u64::try_from(waiting.as_millis()).unwrap_or(u64::MAX).into();
    }
    shown
}

fn engine(store: &Store) -> &'static str {
    match store.engine() {
        Engine::Sqlite => "sqlite",
        Engine::Postgres => "postgres",
    }
}

async fn zone(store: &Store) -> Result<Value, DbError> {
    let count = store.read_across(|tx| {
        let count = sql_across!("the schema belongs to no city", "SELECT COUNT(*) FROM schema_migration");
        tx.one(count, params![], |r| r.take::<i64>())
    });
    Ok(json!({ "engine": engine(store), "migrations": { "applied": count.await?, "pending": 0 } }))
}

/// Looks at everything now.
///
/// # Errors
/// The store cannot be read, which is worse than anything it could tell.
pub async fn look_at(site: &Site) -> Result<Health, DbError> {
    let at = site.inside().clock().now();
    let oldest = site.inside().read_across(|tx| {
        let find = sql_across!("the workers' jobs of all cities", "SELECT MIN(run_at) FROM job");
        tx.one(find, params![], |r| r.take::<Option<At>>())
    });
    let oldest: Option<At> = oldest.await?;
    let city = site.city().id;
    let (failing, drills) = site
        .inside()
        .read(city, |tx| Ok::<_, DbError>((events::troubles(tx)?.len(), drills(tx, 10)?)))
        .await?;
    let watch = site.watch();
    let copies = watch.and_then(|watch| watch.copies.as_ref()).map(Running::report).unwrap_or_default();
    let mut checks = vec![copy(watch, &copies), drill(watch, &drills, at)];
    checks.extend(watch.and_then(|watch| watch.data.as_deref()).map(disk));
    checks.extend(watch.and_then(same_disk));
    checks.extend([jobs(oldest, at), followers(failing)]);
    checks.extend(watch.map(|watch| clock(watch, at)));
    checks.push(certificate(watch.and_then(Watch::certificate).as_ref(), at));
    Ok(Health { checks, copies, drills })
}

fn copy(watch: Option<&Watch>, copies: &[ZoneReport]) -> Check {
    let (key, label) = ("backup", "控え");
    let Some(running) = watch.and_then(|watch| watch.copies.as_ref()) else {
        let told =
            "控えをとっていません。動かすときに --backup で別の場所のフォルダーを示すと、とりはじめます";
        return Check { key, label, state: State::Attention, told: told.to_owned() };
    };
    let (state, told) = match copies.iter().find(|copy| copy.alarm) {
        Some(late) => {
            let seconds = late.waiting.unwrap_or_default().as_secs();
            let why = late.trouble.as_deref().unwrap_or("置き場がこたえません");
            (State::Bad, format!("{seconds}秒前からの変更が、まだ置き場に届いていません。{why}"))
        }
        None if let Some(why) = running.fallback() => (State::Attention, why),
        None if copies.iter().any(|copy| copy.whole_at.is_none()) => {
            (State::Attention, format!("{} に、はじめの控えをとっています", running.target()))
        }
        None => (State::Good, format!("{} に、変更のたびに届いています", running.target())),
    };
    Check { key, label, state, told }
}

fn drill(watch: Option<&Watch>, drills: &[DrillReport], at: At) -> Check {
    let (key, label) = ("drill", "復元訓練");
    let since = watch.filter(|watch| watch.copies.is_some()).map(|watch| watch.started_at);
    let (state, told) = match (drills.first(), since) {
        (None, None) => (State::Absent, "控えをとっていないので、訓練もありません".to_owned()),
        (None, Some(since)) if at.micros_since(since) / 1_000_000 > DRILL_WITHIN => {
            (State::Bad, "控えから戻せることを、まだ一度も確かめていません".to_owned())
        }
        (None, Some(_)) => (State::Attention, "はじめての訓練は今夜です".to_owned()),
        (Some(last), _) if !last.passed => {
            (State::Bad, format!("{} に失敗しました。{}", last.ended_at, last.told))
        }
        (Some(last), Some(_)) if at.micros_since(last.ended_at) / 1_000_000 > DRILL_WITHIN => {
            (State::Bad, format!("最後に戻せたのは {} です。26時間より前です", last.ended_at))
        }
        (Some(last), _) => (State::Good, format!("{} に戻せました。{}", last.ended_at, last.told)),
    };
    Check { key, label, state, told }
}

fn disk(data: &Path) -> Check {
    let (key, label) = ("disk", "ディスクの空き");
    let (state, told) = match rustix::fs::statvfs(data) {
        Ok(disk) => {
            let percent = disk.f_bavail * 100 / disk.f_blocks.max(1);
            let state = match percent {
                free if free < FREE_PERCENT / 5 => State::Bad,
                free if free < FREE_PERCENT => State::Attention,
                _ => State::Good,
            };
            let gigabytes = (disk.f_bavail * disk.f_frsize) >> 30;
            (state, format!("空き {percent}%（{gigabytes} GB）"))
        }
        Err(error) => (State::Bad, format!("空きを調べられません: {error}")),
    };
    Check { key, label, state, told }
}

/// A copy on the disk of the data is lost with it; so it looks, too, when a mounted disk is not there.
fn same_disk(watch: &Watch) -> Option<Check> {
    let target = watch.copies.as_ref()?.target();
    let disk = |path: &Path| std::fs::metadata(path).ok().map(|about| about.dev());
    let is_same = disk(watch.data.as_deref()?)? == disk(Path::new(target))?;
    let (state, told) = if is_same {
        (
            State::Attention,
            format!("{target} は、データと同じディスクにあります。別の場所に置くと、ともに失いません"),
        )
    } else {
        (State::Good, format!("{target} は、データと別のディスクにあります"))
    };
    Some(Check { key: "place", label: "控えの置き場", state, told })
}

fn jobs(oldest: Option<At>, at: At) -> Check {
    let (key, label) = ("jobs", "待っている仕事");
    let waits = oldest.map_or(0, |due| at.micros_since(due) / 1_000_000);
    let (state, told) = match waits {
        0 => (State::Good, "待っている仕事はありません".to_owned()),
        seconds if seconds < JOB_WAITS => (State::Good, format!("いちばん古いものは{seconds}秒前からです")),
        seconds => (State::Attention, format!("{}分前から待っているものがあります", seconds / 60)),
    };
    Check { key, label, state, told }
}

fn followers(failing: usize) -> Check {
    let (key, label) = ("followers", "届いていない課");
    let (state, told) = match failing {
        0 => (State::Good, "どの課にも届いています".to_owned()),
        many => (State::Attention, format!("{many}件が届いていません。「届いていない課」に理由があります")),
    };
    Check { key, label, state, told }
}

/// The wall clock against the machine's own count since the start: a set clock shows, a slow one does not.
fn clock(watch: &Watch, at: At) -> Check {
    let (key, label) = ("clock", "時計");
    let counted = i64::try_from(watch.started.elapsed().as_micros()).unwrap_or(i64::MAX);
    let drift = at.micros() - watch.started_at.micros() - counted;
    let seconds = drift.abs() / 1_000_000;
    let is_jump = drift.unsigned_abs() > u64::try_from(JUMP.as_micros()).unwrap_or(u64::MAX);
    let (state, told) = match (is_jump, drift < 0) {
        (false, _) => (State::Good, format!("いま {at} です")),
        (true, true) => {
            (State::Bad, format!("時計が{seconds}秒戻りました。時刻合わせを確かめ、動かし直してください"))
        }
        (true, false) => {
            (State::Attention, format!("時計が{seconds}秒進みました。時刻合わせを確かめてください"))
        }
    };
    Check { key, label, state, told }
}

fn certificate(shown: Option<&Certificate>, at: At) -> Check {
    let (key, label) = ("certificate", "証明書");
    let Some(Certificate { ends_at, trouble }) = shown else {
        let told = "この装置では TLS を使っていません（前に立つ装置が持つ証明書は、そちらで確かめます）";
        return Check { key, label, state: State::Absent, told: told.to_owned() };
    };
    let (left, [soon, now]) =
        (ends_at.micros() - at.micros(), CERTIFICATE_DAYS.map(|days| days * DAY_MICROS));
    let days = left / DAY_MICROS;
    let renew = "新しい証明書を同じファイルに置くと、動いたまま入れ替わります";
    let (state, told) = match left {
        ..=0 => (State::Bad, format!("{ends_at} に期限が切れました。{renew}")),
        left if left <= now => (State::Bad, format!("{ends_at} まで、あと{days}日です。{renew}")),
        left if left <= soon => (State::Attention, format!("{ends_at} まで、あと{days}日です。{renew}")),
        _ => (State::Good, format!("{ends_at} まで、あと{days}日です")),
    };
    match trouble {
        None => Check { key, label, state, told },
        Some(trouble) => {
            let told = format!("前からの証明書を使っています（{told}）。{trouble}");
            Check { key, label, state: state.max(State::Attention), told }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(passed: bool, hours_ago: i64) -> DrillReport {
        let ended_at = testkit::MORNING.plus_seconds(-hours_ago * 3600);
        let told = "そろっています".to_owned();
        DrillReport { passed, told, bytes: 0, rows: 0, started_at: ended_at, ended_at }
    }

    #[track_caller]
    fn check_drill(drills: &[DrillReport], state: State) {
        assert_eq!(drill(None, drills, testkit::MORNING).state, state);
    }

    #[test]
    fn a_failed_drill_is_red() {
        check_drill(&[], State::Absent);
        check_drill(&[report(true, 2), report(false, 26)], State::Good);
        check_drill(&[report(false, 2), report(true, 26)], State::Bad);
    }

    #[track_caller]
    fn check_clock(seconds: i64, state: State) {
        let watch = Watch::new(None, None, testkit::MORNING);
        assert_eq!(clock(&watch, testkit::MORNING.plus_seconds(seconds)).state, state, "{seconds}");
    }

    #[test]
    fn a_clock_that_jumps_is_seen() {
        check_clock(0, State::Good);
        check_clock(3, State::Good);
        check_clock(-60, State::Bad);
        check_clock(60, State::Attention);
    }

    #[track_caller]
    fn check_jobs(due: Option<i64>, state: State) {
        let due = due.map(|seconds| testkit::MORNING.plus_seconds(seconds));
        assert_eq!(jobs(due, testkit::MORNING).state, state, "{due:?}");
    }

    #[test]
    fn an_old_job_is_worth_a_look() {
        check_jobs(None, State::Good);
        check_jobs(Some(60), State::Good);
        check_jobs(Some(-299), State::Good);
        check_jobs(Some(-301), State::Attention);
    }
    /// A certificate that ends so many seconds from now.
    #[track_caller]
    fn check_certificate(left: i64, trouble: Option<&str>, state: State, part: &str) {
        let ends_at = testkit::MORNING.plus_seconds(left);
        let shown = Certificate { ends_at, trouble: trouble.map(str::to_owned) };
        let judged = certificate(Some(&shown), testkit::MORNING);
        assert_eq!(judged.state, state, "{left}");
        assert!(judged.told.contains(part), "{left}: {}", judged.told);
    }

    #[test]
    fn a_certificate_is_renewed_in_time() {
        const DAY: i64 = 24 * 3600;
        assert_eq!(certificate(None, testkit::MORNING).state, State::Absent);
        check_certificate(90 * DAY, None, State::Good, "あと90日です");
        check_certificate(30 * DAY + 1, None, State::Good, "あと30日です");
        check_certificate(30 * DAY, None, State::Attention, "あと30日です。新しい証明書を");
        check_certificate(7 * DAY + 1, None, State::Attention, "あと7日です");
        check_certificate(7 * DAY, None, State::Bad, "あと7日です。新しい証明書を");
        check_certificate(1, None, State::Bad, "あと0日です");
        check_certificate(0, None, State::Bad, "期限が切れました");
        check_certificate(90 * DAY, Some("読めません"), State::Attention, "読めません");
        check_certificate(DAY, Some("読めません"), State::Bad, "前からの証明書を使っています");
    }

    #[test]
    fn without_a_copy_the_state_is_not_well() {
        let check = copy(None, &[]);
        assert_eq!(check.state, State::Attention);
        assert!(check.told.contains("--backup"), "{}", check.told);
    }
}
