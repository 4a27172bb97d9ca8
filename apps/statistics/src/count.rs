//! Counted days (調査年月日): kept apart from the register, so that no page walks it.
use base::{At, Date, Sex};
use db::{DbError, ToValue, Tx, Value, params, sql};
use identity::{AccountId, Caller, Entry, Operation, record};
use register::HeadCount;
use web::Site;

use crate::figures::{Figures, Persons};
use crate::refusal::Refusal;
use crate::threshold;

/// A counted day as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Day {
    pub as_of: Date,
    pub counted_at: At,
    pub persons: i64,
    pub households: i64,
    /// The threshold it was published with; `None`: not published.
    pub smallest_shown: Option<i64>,
    pub published_at: Option<At>,
}

/// A day with all its figures, and from which number on those of towns are told.
#[derive(Debug, Clone)]
pub(crate) struct Count {
    pub day: Day,
    pub smallest: i64,
    pub figures: Figures,
}

/// Counts the residents of `as_of` and keeps the figures. The walk through the register is a read of its own: nobody
/// at a desk waits for it.
pub(crate) async fn count(site: &Site, caller: Option<Caller>, as_of: Date) -> Result<Day, Refusal> {
    if as_of > site.inside().clock().today() {
        return Err(Refusal::of("きょうまでの日を数えられます"));
    }
    let city = site.city().id;
    let counted = site.inside().read(city, move |tx| register::head_count(tx, as_of)).await?;
    match counted.first_recorded {
        None => return Err(Refusal::of("住民票がまだありません。住民票が入ると数えられます")),
        Some(first) if as_of < first.date() => {
            let first = base::wareki(first.date());
            return Err(Refusal::Rule(format!(
                "住民票がここに移ったのは{first}です。その日から数えられます"
            )));
        }
        Some(_) => {}
    }
    let write = move |tx: &mut Tx<'_>| -> Result<Day, Refusal> {
        store(tx, as_of, &counted)?;
        if let Some(caller) = &caller {
            note(tx, caller, "人口統計の集計", &as_of.to_string())?;
        }
        day(tx, as_of)?.ok_or(Refusal::Unknown)
    };
    site.inside().write_bulk(city, write).await
}

/// A row of the operation log: no figure of anybody, the day or the data set alone.
pub(crate) fn note(tx: &mut Tx<'_>, caller: &Caller, purpose: &str, conditions: &str) -> Result<(), DbError> {
    let path = (!caller.path.is_empty()).then_some(caller.path.as_str());
    let entry = Entry::new(&caller.actor, Operation::Change, purpose);
    record(tx, &Entry { path, terminal: &caller.terminal, conditions: Some(conditions), ..entry })
}

fn store(tx: &mut Tx<'_>, as_of: Date, counted: &HeadCount) -> Result<(), Refusal> {
    if day(tx, as_of)?.is_some_and(|day| day.published_at.is_some()) {
        return Err(Refusal::of("公開した日の数は変えられません"));
    }
    forget(tx, as_of)?;
    let town = |town: Option<address::TownId>| town.map_or(0, |id| i64::from(id.number()));
    let rows: Vec<Vec<Value>> = counted
        .persons
        .iter()
        .map(|one| {
            let age = one.age.map_or(-1, i64::from);
            vec![
                as_of.to_value(),
                town(one.town).to_value(),
                one.sex.code().to_value(),
                age.to_value(),
                one.persons.to_value(),
            ]
        })
        .collect();
    let insert = sql!(
        "INSERT INTO population_count (municipality_id, as_of_on, town_id, sex, age, persons)
         VALUES ($1, $2, $3, $4, $5, $6)"
    );
    tx.many(insert, rows)?;
    let households: Vec<Vec<Value>> = counted
        .households
        .iter()
        .map(|(id, count)| vec![as_of.to_value(), town(*id).to_value(), count.to_value()])
        .collect();
    let insert = sql!(
        "INSERT INTO household_count (municipality_id, as_of_on, town_id, households) VALUES ($1, $2, $3, $4)"
    );
    tx.many(insert, households)?;
    let (persons, households) = (
        counted.persons.iter().map(|one| one.persons).sum::<i64>(),
        counted.households.iter().map(|(_, count)| count).sum::<i64>(),
    );
    let insert = sql!(
        "INSERT INTO population_counted (municipality_id, as_of_on, counted_at, persons, households)
         VALUES ($1, $2, $3, $4, $5)"
    );
    tx.run(insert, params![as_of, tx.started_at(), persons, households])?;
    for old in days(tx)?.iter().filter(|day| day.as_of < as_of && is_passing(day)) {
        forget(tx, old.as_of)?;
    }
    Ok(())
}

/// Neither a month end nor published: it was the day's figure.
fn is_passing(day: &Day) -> bool {
    day.published_at.is_none() && day.as_of != day.as_of.last_of_month()
}

fn forget(tx: &mut Tx<'_>, as_of: Date) -> Result<(), DbError> {
    tx.run(
        sql!("DELETE FROM population_count WHERE municipality_id = $1 AND as_of_on = $2"),
        params![as_of],
    )?;
    tx.run(sql!("DELETE FROM household_count WHERE municipality_id = $1 AND as_of_on = $2"), params![as_of])?;
    tx.run(
        sql!("DELETE FROM population_counted WHERE municipality_id = $1 AND as_of_on = $2"),
        params![as_of],
    )?;
    Ok(())
}

/// Makes a day's figures public (公表). They stay as they are from then on, with the threshold of that day.
pub(crate) fn publish(tx: &mut Tx<'_>, account: AccountId, as_of: Date) -> Result<(), Refusal> {
    let found = day(tx, as_of)?.ok_or(Refusal::Unknown)?;
    if found.published_at.is_some() {
        return Ok(());
    }
    let smallest = threshold::smallest_shown(tx, as_of)?;
    let publish = sql!(
        "UPDATE population_counted SET smallest_shown = $3, published_at = $4, published_by = $5
          WHERE municipality_id = $1 AND as_of_on = $2 AND published_at IS NULL"
    );
    tx.run(publish, params![as_of, smallest, tx.started_at(), account])?;
    Ok(())
}

fn read_day(row: &mut db::Row) -> Result<Day, DbError> {
    Ok(Day {
        as_of: row.take()?,
        counted_at: row.take()?,
        persons: row.take()?,
        households: row.take()?,
        smallest_shown: row.take()?,
        published_at: row.take()?,
    })
}

fn day(tx: &mut Tx<'_>, as_of: Date) -> Result<Option<Day>, DbError> {
    let find = sql!(
        "SELECT as_of_on, counted_at, persons, households, smallest_shown, published_at FROM population_counted
          WHERE municipality_id = $1 AND as_of_on = $2"
    );
    tx.opt(find, params![as_of], read_day)
}

/// All counted days, the newest first: month ends, published days, and the newest.
pub(crate) fn days(tx: &mut Tx<'_>) -> Result<Vec<Day>, DbError> {
    let find = sql!(
        "SELECT as_of_on, counted_at, persons, households, smallest_shown, published_at FROM population_counted
          WHERE municipality_id = $1 ORDER BY as_of_on DESC"
    );
    tx.all(find, params![], read_day)
}

/// The figures of a counted day.
pub(crate) fn read(tx: &mut Tx<'_>, as_of: Date) -> Result<Option<Count>, DbError> {
    let Some(day) = day(tx, as_of)? else { return Ok(None) };
    let persons = sql!(
        "SELECT town_id, sex, age, persons FROM population_count WHERE municipality_id = $1 AND as_of_on = $2
          ORDER BY town_id, sex, age"
    );
    let persons = tx.all(persons, params![as_of], |r| {
        let (town, sex): (i64, String) = (r.take()?, r.take()?);
        let sex = Sex::from_code(&sex)
            .ok_or_else(|| DbError::Unusable("population_count.sex: neither M nor F".to_owned()))?;
        Ok(Persons { town, sex, age: r.take()?, persons: r.take()? })
    })?;
    let households = sql!(
        "SELECT town_id, households FROM household_count WHERE municipality_id = $1 AND as_of_on = $2 ORDER BY town_id"
    );
    let households = tx.all(households, params![as_of], |r| Ok((r.take()?, r.take()?)))?;
    let smallest = match day.smallest_shown {
        Some(smallest) => smallest,
        None => threshold::smallest_shown(tx, as_of)?,
    };
    Ok(Some(Count { day, smallest, figures: Figures { persons, households } }))
}

/// The counted day that is asked for, or the newest; `published`: only what is public.
pub(crate) fn chosen(
    tx: &mut Tx<'_>,
    asked: Option<Date>,
    published: bool,
) -> Result<Option<Count>, DbError> {
    let days = days(tx)?;
    let mut fitting = days.iter().filter(|day| !published || day.published_at.is_some());
    let found = match asked {
        Some(on) => fitting.find(|day| day.as_of == on),
        None => fitting.next(),
    };
    match found {
        Some(day) => read(tx, day.as_of),
        None => Ok(None),
    }
}
