//! `persons.csv` and `households.csv`: UTF-8, LF, RFC 4180 quoting, the same bytes for the same population.
use std::fs::File;
use std::io::{BufWriter, Result, Write};
use std::path::Path;

use crate::{Household, Person, Population};

const PERSONS: &str = "person_no,household_no,family_name,given_name,family_kana,given_kana,sex,birth_date,\
    birth_text,relationship,town_id,town,address,address_detail,moved_in_on,nationality,common_name,hard_case,label\n";
const HOUSEHOLDS: &str = "household_no,head_person_no,members,town_id,address,type,label\n";
/// The last field of every row: whoever meets a row alone sees that nobody is meant.
const LABEL: &str = "見本";

/// Writes both files into `dir`, which is made when absent.
pub fn write_csv(population: &Population, dir: &Path) -> Result<()> {
    std::fs::create_dir_all(dir)?;
    let mut persons = BufWriter::new(File::create(dir.join("persons.csv"))?);
    let mut households = BufWriter::new(File::create(dir.join("households.csv"))?);
    persons.write_all(PERSONS.as_bytes())?;
    households.write_all(HOUSEHOLDS.as_bytes())?;
    for household in &population.households {
        let members = population.members(household);
        let (number, address) = (household.number.to_string(), household.address());
        for person in members {
            write_person(&mut persons, person, household, &number, &address)?;
        }
        let head = household.head.map(|at| members[usize::from(at)].number.to_string()).unwrap_or_default();
        let size = household.members.to_string();
        let fields = [&number, &head, &size, household.town.id, &address, household.kind.code(), LABEL];
        write_row(&mut households, &fields)?;
    }
    persons.flush()?;
    households.flush()
}

fn write_person(
    out: &mut impl Write,
    person: &Person,
    household: &Household,
    household_no: &str,
    address: &str,
) -> Result<()> {
    let birth_text = person.birth_text.as_deref().unwrap_or_default();
    let birth = if birth_text.is_empty() { person.birth.to_string() } else { String::new() };
    let foreign = person.foreign.as_deref();
    write_row(
        out,
        &[
            &person.number.to_string(),
            household_no,
            person.family_name,
            person.given_name,
            person.family_kana,
            person.given_kana,
            person.sex.code(),
            &birth,
            birth_text,
            person.relationship,
            household.town.id,
            household.town.name,
            address,
            &household.detail,
            &person.moved_in_on.to_string(),
            foreign.map_or("日本", |foreign| foreign.nationality),
            foreign.map_or("", |foreign| foreign.common_name.as_str()),
            person.hard.map_or("", |case| case.code()),
            LABEL,
        ],
    )
}

fn write_row(out: &mut impl Write, fields: &[&str]) -> Result<()> {
    for (at, field) in fields.iter().enumerate() {
        if at > 0 {
            out.write_all(b",")?;
        }
        if field.contains(['"', ',', '\n', '\r']) {
            write!(out, "\"{}\"", field.replace('"', "\"\""))?;
        } else {
            out.write_all(field.as_bytes())?;
        }
    }
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_as_rfc_4180() {
        let mut out = Vec::new();
        write_row(&mut out, &["a", "b,c", "d\"e", "", "f\ng"]).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "a,\"b,c\",\"d\"\"e\",,\"f\ng\"\n");
    }
}
