//! What the auditor should look at today (検知, office §5.1), computed when the desk is opened.
use base::At;
use db::{DbError, Tx};
use identity::log::{Choice, Line};
use identity::{Alarm, BreakGlass, BreakGlassState, alarms, log};

use crate::emergency::lately;
use crate::line::{Names, page};
use crate::period::Period;
use crate::setting::Settings;
use crate::unusual::{self, Often};

/// Yesterday and today.
const DAYS: i64 = 1;
/// Uses of break-glass rights of this time wait for the auditor on the desk.
const EMERGENCY_DAYS: i64 = 180;
/// 深夜: from ten at night to five in the morning (労働基準法 37条4項).
const DEEP_NIGHT: (i64, i64) = (5 * 60, 22 * 60);

/// What happened since yesterday.
#[derive(Debug)]
pub(crate) struct Alerts {
    pub many_persons: Vec<Often>,
    pub refusals: Vec<Often>,
    /// Persons looked at in the dead of night.
    pub at_night: Vec<Line>,
    pub exports: Vec<Line>,
    /// Signs at the sign-in page.
    pub sign_in: Vec<Alarm>,
    /// Uses of break-glass rights that nobody has looked into, and those that run.
    pub emergencies: Vec<BreakGlass>,
    pub names: Names,
}

impl Alerts {
    pub(crate) fn read(tx: &mut Tx<'_>) -> Result<Self, DbError> {
        let now = tx.started_at();
        let settings = Settings::read(tx)?;
        let today = now.date();
        let from = At::date(now.plus_seconds(-DAYS * 24 * 3600));
        let period = Period { from, to: today };
        let many_persons = unusual::many_persons(tx, &period, &settings)?;
        let refusals = unusual::repeated_refusals(tx, &period, settings.refusals)?;
        let (_, at_night) = log::outside_hours(tx, period.span(), DEEP_NIGHT, &[], 1, page(0))?;
        let (_, exports) = log::chosen(tx, period.span(), Choice::ExportsOf(settings.exported + 1), page(0))?;
        let mut emergencies = lately(tx, EMERGENCY_DAYS)?;
        emergencies.retain(|one| matches!(one.state(now), BreakGlassState::Running | BreakGlassState::Over));
        let lines: Vec<Line> = at_night.iter().chain(&exports).cloned().collect();
        let often = many_persons.iter().chain(&refusals).map(|one| one.account);
        let others = Names::of(tx, often.chain(emergencies.iter().map(|one| one.account)))?;
        let names = Names::of_lines(tx, &lines)?.with(others);
        let sign_in = alarms(tx, period.begin())?;
        Ok(Self { many_persons, refusals, at_night, exports, sign_in, emergencies, names })
    }

    pub(crate) fn count(&self) -> usize {
        self.many_persons.len()
            + self.refusals.len()
            + self.at_night.len()
            + self.exports.len()
            + self.sign_in.len()
            + self.emergencies.len()
    }
}
