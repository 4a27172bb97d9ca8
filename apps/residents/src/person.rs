//! How a resident is written on the desk's pages.
use std::collections::BTreeSet;

use base::{Date, HouseholdId, PersonId, age_on, wareki};
use db::DbError;
use identity::{Action, Looking};
use maud::{Markup, html};
use register::{Found, PROTECTION, Resident, Shown};

/// 「昭和40年3月2日」; a foreign national's birth date in western years alone ([STD] 1.1.9).
pub(crate) fn birth(resident: &Resident) -> Markup {
    match (resident.birth.as_exact(), resident.nationality.is_empty()) {
        (Some(day), false) => html! { time.fd-date datetime=(day) { (base::western(day)) } },
        (Some(day), true) => html! { time.fd-date datetime=(day) { (wareki(day)) } },
        (None, _) => html! { span.fd-date { (resident.birth.text()) } },
    }
}

/// 「61歳」; with 要確認 while the birth date is not a day.
pub(crate) fn age(resident: &Resident, today: Date) -> String {
    let age = age_on(resident.birth.latest(), today);
    if resident.birth.is_exact() { format!("{age}歳") } else { format!("{age}歳（要確認）") }
}

pub(crate) fn name(resident: &Resident) -> Markup {
    ui::name(&resident.name.family, &resident.name.given)
}

pub(crate) fn path(resident: &Resident) -> String {
    format!("/residents/{}", resident.person)
}

/// The address within the city, or the one word for whatever withholds it.
pub(crate) fn address(resident: &Resident) -> Markup {
    match resident.address() {
        Shown::Open(address) => html! { (address) },
        Shown::Withheld => ui::withheld(),
    }
}

/// Whether everybody may be printed again without a release. A paper goes to whoever asks, so who is shielded is asked
/// also for 支援措置責任者, who sees every address.
pub(crate) fn all_open(looking: &mut Looking<'_, '_>, persons: &[PersonId]) -> Result<bool, DbError> {
    let present = register::present(looking, persons)?;
    let homes: BTreeSet<HouseholdId> =
        present.iter().filter_map(|one| one.home.open()).map(|home| home.household).collect();
    if present.len() != persons.len() || present.iter().any(|one| one.home.open().is_none()) {
        return Ok(false);
    }
    if !looking.may(Action::Read, PROTECTION) {
        return Ok(true);
    }
    for home in homes {
        match register::household_record(looking, home)? {
            Found::Open(household) if !household.shielded => {}
            _ => return Ok(false),
        }
    }
    Ok(true)
}
