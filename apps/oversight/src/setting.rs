//! What counts as unusual: figures that the audit office sets.
use db::{DbError, Tx, params, sql};
use identity::{Caller, Entry, Operation, record};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::refusal::Refusal;

/// The limits of the reports. A value that nobody set is that of [`Settings::default`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    /// The office hours begin at this minute of the day (執務時間の始まり).
    pub office_from: i64,
    /// And end before this one.
    pub office_to: i64,
    /// Persons that one account may see within an hour without being told of.
    pub persons_in_hour: i64,
    /// And within a day.
    pub persons_in_day: i64,
    /// Persons of one export that are not told of.
    pub exported: i64,
    /// So many refusals of one account on one day are told of.
    pub refusals: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            office_from: 8 * 60 + 30,
            office_to: 17 * 60 + 15,
            persons_in_hour: 300,
            persons_in_day: 1500,
            exported: 100,
            refusals: 3,
        }
    }
}

impl Settings {
    fn fields(&mut self) -> [(&'static str, &mut i64); 6] {
        [
            ("office_from", &mut self.office_from),
            ("office_to", &mut self.office_to),
            ("persons_in_hour", &mut self.persons_in_hour),
            ("persons_in_day", &mut self.persons_in_day),
            ("exported", &mut self.exported),
            ("refusals", &mut self.refusals),
        ]
    }

    pub(crate) fn read(tx: &mut Tx<'_>) -> Result<Self, DbError> {
        let mut settings = Self::default();
        for (name, field) in settings.fields() {
            let find = sql!("SELECT value FROM oversight_setting WHERE municipality_id = $1 AND name = $2");
            if let Some(value) = tx.opt(find, params![name], |r| r.take())? {
                *field = value;
            }
        }
        Ok(settings)
    }

    /// Sets all of them; the row of the log tells what they are from now on.
    pub(crate) fn store(mut self, tx: &mut Tx<'_>, caller: &Caller) -> Result<(), Refusal> {
        let day = 24 * 60;
        if !(0..day).contains(&self.office_from) || self.office_to <= self.office_from || self.office_to > day
        {
            return Err(Refusal::of(
                "執務時間は、0時から24時までの間で、始まりが終わりより前になるように入力してください",
            ));
        }
        if self.fields().iter().any(|(_, value)| **value < 0) || self.refusals == 0 {
            return Err(Refusal::of("人数は0以上、お断りの回数は1以上で入力してください"));
        }
        let told = format!("{self:?}");
        let now = tx.started_at();
        for (name, value) in self.fields() {
            let set = sql!(
                "INSERT INTO oversight_setting (municipality_id, name, value, set_by, set_at)
                 VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (municipality_id, name)
                 DO UPDATE SET value = excluded.value, set_by = excluded.set_by, set_at = excluded.set_at"
            );
            tx.run(set, params![name, *value, caller.actor.account, now])?;
        }
        note(tx, caller, "監査の設定の変更", &told)?;
        Ok(())
    }
}

/// A row of the log about an act of the audit office itself.
pub(crate) fn note(tx: &mut Tx<'_>, caller: &Caller, purpose: &str, conditions: &str) -> Result<(), DbError> {
    let path = (!caller.path.is_empty()).then_some(caller.path.as_str());
    let entry = Entry::new(&caller.actor, Operation::Change, purpose);
    record(tx, &Entry { path, terminal: &caller.terminal, conditions: Some(conditions), ..entry })
}
