//! How a resident is written on the desk's pages.
use base::{Date, age_on, wareki};
use maud::{Markup, html};
use register::{Resident, Shown};

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
