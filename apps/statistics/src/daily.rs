//! Once a day: the residents of the day before are counted, at the end of a month for good. A page never walks the
//! register. A sample city gets its first figures and records at its first start.
use std::time::Duration;

use base::Date;
use db::Tx;
use identity::AccountId;
use web::Site;

use crate::count;
use crate::keep;
use crate::record::{self, kept};
use crate::refusal::Refusal;

/// Between two looks at the calendar.
const EVERY: Duration = Duration::from_secs(600);

/// 見本: what a sample city has from its first start, with its source.
const SAMPLE: [(&str, &str, bool, &str); 2] = [
    ("facilities", "", true, include_str!("../data/facilities.csv")),
    (
        "shelters",
        "国土地理院 指定緊急避難場所データを加工して作成",
        false,
        include_str!("../data/shelters.csv"),
    ),
];

/// Counts for as long as the program runs. A failure is told in the log and tried again.
pub fn start(site: Site) {
    tokio::spawn(async move {
        loop {
            if let Err(error) = keep_up(&site).await {
                tracing::error!(%error, "the population is not counted");
            }
            tokio::time::sleep(EVERY).await;
        }
    });
}

async fn keep_up(site: &Site) -> Result<(), Refusal> {
    if site.is_sample() {
        fill_sample(site).await?;
    }
    let city = site.city().id;
    let days = site.inside().read(city, count::days).await?;
    let Some(due) = due(site.inside().clock().today(), days.first().map(|day| day.as_of)) else {
        return Ok(());
    };
    match count::count(site, None, due).await {
        // No resident yet, or a city that came here today.
        Ok(_) | Err(Refusal::Rule(_)) => Ok(()),
        Err(refusal) => Err(refusal),
    }
}

/// The day to be counted: yesterday, when it is over and nobody has counted it or a later one.
fn due(today: Date, newest: Option<Date>) -> Option<Date> {
    let yesterday = today.yesterday().ok()?;
    newest.is_none_or(|newest| newest < yesterday).then_some(yesterday)
}

/// The first figures of a sample city are those of its first day, and public.
async fn fill_sample(site: &Site) -> Result<(), Refusal> {
    let city = site.city().clone();
    let nobody = AccountId::new(0);
    for (key, source, sample, text) in SAMPLE {
        let (set, city) = (kept(key).expect("a data set"), city.clone());
        let fill = move |tx: &mut Tx<'_>| -> Result<(), Refusal> {
            if keep::standing(tx, set)?.is_some() {
                return Ok(());
            }
            let records = record::read(set, &city, text).map_err(Refusal::Records)?;
            Ok(keep::replace(tx, nobody, set, (source, sample), &records)?)
        };
        site.inside().write(site.city().id, fill).await?;
    }
    let days = site.inside().read(city.id, count::days).await?;
    if !days.is_empty() {
        return Ok(());
    }
    let today = site.inside().clock().today();
    match count::count(site, None, today).await {
        Ok(_) => {}
        Err(Refusal::Rule(_)) => return Ok(()),
        Err(refusal) => return Err(refusal),
    }
    site.inside().write(city.id, move |tx| count::publish(tx, nobody, today)).await
}

#[cfg(test)]
mod tests {
    use base::day;

    use super::*;

    #[test]
    fn a_day_is_counted_when_it_is_over_and_once() {
        let today = day(2026, 12, 1);
        assert_eq!(due(today, None), Some(day(2026, 11, 30)));
        assert_eq!(due(today, Some(day(2026, 11, 29))), Some(day(2026, 11, 30)));
        assert_eq!(due(today, Some(day(2026, 11, 30))), None);
        assert_eq!(due(today, Some(today)), None);
    }
}
