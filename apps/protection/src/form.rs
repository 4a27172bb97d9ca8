//! The application between the browser's form and the register's answers.
use register::{ProtectedAct, RawParty, RawProtection};

/// Rows of the form for persons joined and for the other party.
pub(crate) const JOINED: usize = 3;
pub(crate) const OTHERS: usize = 2;

/// What the form sent.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    pub raw: RawProtection,
    pub submission: String,
    /// 「さがす」: the person box holds a name.
    pub find: bool,
}

impl Sent {
    pub(crate) fn read(fields: &[(String, String)]) -> Self {
        let mut sent = Self::default();
        for (name, value) in fields {
            sent.take(name, value);
        }
        sent
    }

    fn take(&mut self, name: &str, value: &str) {
        let text = value.to_owned();
        match name {
            "starts_on" | "starts_on_choice" => self.raw.starts_on = text,
            "provisional" => self.raw.provisional = value == "1",
            "forwarded_from" => self.raw.forwarded_from = text,
            "forwarded_on" | "forwarded_on_choice" => self.raw.forwarded_on = text,
            "submission_id" => self.submission = text,
            "find" => self.find = true,
            // A person chosen among those found takes the place of what was typed.
            "applicant_choice" if !value.is_empty() => self.raw.applicant.person = text,
            "acts" => self.raw.acts.extend(ProtectedAct::ALL.into_iter().filter(|act| act.code() == value)),
            _ => self.take_party(name, text),
        }
    }

    fn take_party(&mut self, name: &str, text: String) {
        let Some((whose, field)) = name.split_once('_') else { return };
        let party = if whose == "applicant" {
            Some(&mut self.raw.applicant)
        } else if let Some(index) = whose.strip_prefix("joined") {
            row(&mut self.raw.joined, index)
        } else if let Some(index) = whose.strip_prefix("other") {
            row(&mut self.raw.others, index)
        } else {
            None
        };
        if let Some(place) = party.and_then(|party| place(party, field)) {
            match place {
                Place::One(one) => *one = text,
                Place::Many(many) => many.extend(lines(&text)),
            }
        }
    }
}

fn row<'a>(rows: &'a mut Vec<RawParty>, index: &str) -> Option<&'a mut RawParty> {
    let index: usize = index.parse().ok().filter(|index| *index < 20)?;
    if rows.len() <= index {
        rows.resize_with(index + 1, RawParty::default);
    }
    rows.get_mut(index)
}

enum Place<'a> {
    One(&'a mut String),
    Many(&'a mut Vec<String>),
}

fn place<'a>(party: &'a mut RawParty, field: &str) -> Option<Place<'a>> {
    Some(match field {
        "person" => Place::One(&mut party.person),
        "family" => Place::One(&mut party.family),
        "given" => Place::One(&mut party.given),
        "family_kana" => Place::One(&mut party.family_kana),
        "given_kana" => Place::One(&mut party.given_kana),
        "common" => Place::One(&mut party.common),
        "birth" | "birth_choice" => Place::One(&mut party.birth),
        "contact" => Place::One(&mut party.contact),
        "note" => Place::One(&mut party.note),
        "addresses" => Place::Many(&mut party.addresses),
        "domiciles" => Place::Many(&mut party.domiciles),
        _ => return None,
    })
}

/// Several addresses in one box, parted by 「、」.
fn lines(text: &str) -> Vec<String> {
    let parts = text.split(['、', '\n']).map(str::trim).filter(|part| !part.is_empty());
    parts.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_read_field_by_field() {
        let fields = [
            ("applicant_person", "はなこ"),
            ("applicant_choice", "0000000012"),
            ("applicant_addresses", "高崎市1、前橋市2"),
            ("joined1_person", "0000000024"),
            ("other0_family", "渡邊"),
            ("other99_family", "x"),
            ("provisional", "1"),
            ("acts", "inspection"),
            ("acts", "nothing"),
        ];
        let fields: Vec<_> = fields.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let raw = Sent::read(&fields).raw;
        assert_eq!(raw.applicant.person, "0000000012");
        assert_eq!(raw.applicant.addresses, ["高崎市1", "前橋市2"]);
        assert!(raw.joined[0].is_blank() && raw.joined[1].person == "0000000024");
        assert_eq!((raw.others.len(), raw.provisional), (1, true));
        assert_eq!(raw.acts, [ProtectedAct::Inspection]);
    }
}
