//! What stands on the paper: the fields of the template `residents/jumin-hyo`.
use base::{PersonId, wareki};
use paper::{IssueNumber, Qr, QrTooLong, VerificationCode};
use register::{Paper, Resident};
use serde_json::{Value, json};
use vault::NumberKind;
use web::City;

use super::asked::Request;
use super::settings::Certifier;

/// The template of the paper.
pub(crate) const TEMPLATE: &str = "residents/jumin-hyo";

/// What each copy adds to a sheet.
pub(crate) struct Mark {
    pub number: IssueNumber,
    pub code: VerificationCode,
}

/// The papers of one request without number and code; numbers of the law are marked, not held.
pub(crate) fn sheets(
    paper: &Paper,
    request: &Request,
    city: &City,
    certifier: &Certifier,
    sample: bool,
) -> Vec<Value> {
    let groups: Vec<Vec<&Resident>> = if request.single {
        paper.residents.iter().map(|one| vec![one]).collect()
    } else {
        vec![paper.residents.iter().collect()]
    };
    groups.into_iter().map(|group| sheet(&group, paper, request, city, certifier, sample)).collect()
}

fn sheet(
    group: &[&Resident],
    paper: &Paper,
    request: &Request,
    city: &City,
    certifier: &Certifier,
    sample: bool,
) -> Value {
    let on = paper.at.date();
    let whole = format!("{}{}", city.prefecture, city.name);
    let home = group.first().and_then(|one| one.home.open());
    let address = home.map(|home| home.place.written(&whole)).unwrap_or_default();
    let of_all = paper.whole_household && !request.single;
    let statement = request.raw.form == "statement";
    let certification = match (statement, of_all) {
        (true, _) => "上記の事項は、住民票に記載されていることを証明する。",
        (false, true) => "この写しは、世帯全員の住民票の原本と相違ないことを証明する。",
        (false, false) => "この写しは、住民票の原本と相違ないことを証明する。",
    };
    let head = paper.head.as_ref().map(register::Name::whole).unwrap_or_default();
    let mut sheet = json!({
        "sample": sample,
        "form": if request.single { "single" } else { "joint" },
        "whole_household": of_all,
        "official_use": request.raw.official_use,
        "issued_on": on.to_string(),
        "issued": wareki(on),
        "prefecture": city.prefecture,
        "city": city.name,
        "certifier_title": certifier.title,
        "certifier": certifier.name,
        "certification": certification,
        "address": address,
        "household_head": request.relationship.then_some(head),
        "members": group.iter().map(|one| member(one, paper, request)).collect::<Vec<_>>(),
    });
    if statement {
        sheet["title"] = json!("住民票記載事項証明書");
    }
    sheet
}

fn member(one: &Resident, paper: &Paper, request: &Request) -> Value {
    let foreign = !one.nationality.is_empty();
    let home = one.home.open();
    let domicile = |shown: Option<&String>| request.domicile.then(|| shown.cloned().unwrap_or_default());
    let number = |shown: bool| shown.then(String::new);
    let mut member = json!({
        "person": one.person.to_string(),
        "name": one.name.whole(),
        "kana": one.name.whole_kana(),
        "birth": birth(one),
        "sex": one.sex.to_string(),
        "relationship": request.relationship.then(|| one.relationship.to_string()),
        "other_name": one.name.common,
        "resident_since": wareki(one.resident_since),
        "address_since": wareki(one.address_since),
        "notified": one.filed_on.map(wareki).unwrap_or_default(),
        "reason": reason(one, paper),
        "previous_address": home.map(|home| home.previous_address.clone()).unwrap_or_default(),
        "moved_from": "",
        "domicile": domicile(home.map(|home| &home.domicile)),
        "family_head": domicile(home.map(|home| &home.domicile_head)),
        "resident_code": number(request.resident_code),
        "my_number": number(request.my_number),
        "notes": "",
    });
    if request.history {
        member["history"] = past(one, paper);
    }
    if foreign {
        member["foreign"] = json!({
            "nationality": one.nationality, "kind": "", "status": "", "period": "", "until": "", "card": "",
        });
    }
    member
}

/// 異動事由 of the version that is printed.
fn reason<'a>(one: &Resident, paper: &'a Paper) -> &'a str {
    let mut own = paper.history.iter().filter(|version| version.resident.person == one.person);
    own.find(|version| version.resident.version_no == one.version_no).map_or("", |version| &version.reason)
}

/// Earlier states, the latest first: where and in which position the person was.
fn past(one: &Resident, paper: &Paper) -> Value {
    let own = paper.history.iter().filter(|version| version.resident.person == one.person);
    let earlier = own.filter(|version| version.resident.version_no < one.version_no);
    let told = earlier.map(|version| {
        let was = &version.resident;
        let address = was.home.open().map(|home| home.place.written("")).unwrap_or_default();
        json!({
            "on": wareki(version.effective_on),
            "reason": version.reason,
            "state": format!("{address}　{}", was.name.whole()),
        })
    });
    Value::Array(told.collect())
}

/// A foreign national's dates of birth are western ([STD] 1.1.9), an inexact one as it was recorded.
fn birth(one: &Resident) -> String {
    match one.birth.as_exact() {
        Some(day) if one.nationality.is_empty() => wareki(day),
        Some(day) => base::western(day).to_string(),
        None => one.birth.text().to_owned(),
    }
}

/// The sheet as one copy of it: number, code, and where the code is checked. `origin` is the site's own address.
///
/// # Errors
/// An address that no QR code holds.
pub(crate) fn marked(sheet: &Value, mark: &Mark, origin: &str) -> Result<Value, QrTooLong> {
    let mut copy = sheet.clone();
    let code = mark.code.to_string();
    copy["issue_number"] = json!(mark.number.to_string());
    copy["qr"] = json!(Qr::of(&format!("{origin}/verify/{code}"))?);
    copy["verify_hint"] = json!(format!("QRコードか {origin}/verify で、この証明書が本物か確かめられます"));
    copy["code"] = json!(code);
    Ok(copy)
}

/// Which numbers of whom the sheets show.
pub(crate) fn numbers_shown(sheets: &[Value]) -> Vec<(PersonId, NumberKind)> {
    let mut shown = Vec::new();
    for member in sheets.iter().filter_map(|sheet| sheet["members"].as_array()).flatten() {
        let Some(person) = member["person"].as_str().and_then(|id| id.parse().ok()) else { continue };
        for (field, kind) in FIELDS {
            if member[field].is_string() {
                shown.push((person, kind));
            }
        }
    }
    shown
}

const FIELDS: [(&str, NumberKind); 2] =
    [("resident_code", NumberKind::ResidentCode), ("my_number", NumberKind::MyNumber)];

/// Puts a number where it is shown; for the paper alone, never for what is stored.
pub(crate) fn put_number(sheets: &mut [Value], person: PersonId, kind: NumberKind, number: &str) {
    let id = person.to_string();
    let Some((field, _)) = FIELDS.into_iter().find(|(_, of)| *of == kind) else { return };
    for member in sheets.iter_mut().filter_map(|sheet| sheet["members"].as_array_mut()).flatten() {
        if member["person"] == id.as_str() && member[field].is_string() {
            member[field] = json!(number);
        }
    }
}
