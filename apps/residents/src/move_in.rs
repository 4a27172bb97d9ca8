//! The 転入届 between the browser's form and the register's answers.
use register::{RawMember, RawMoveIn, Wrong};

/// Rows of members on an empty form.
const ROWS: usize = 4;

/// What the form sent, field by field, and which button sent it.
#[derive(Debug, Default)]
pub(crate) struct Sent {
    pub raw: RawMoveIn,
    /// Codes of the alerts that were answered with 「このまま進める」.
    pub acknowledged: Vec<String>,
    pub submission: String,
    /// 「この町をさがす」.
    pub find_town: bool,
    /// 「もう1人」.
    pub add_member: bool,
}

/// Prefix of the radios that answer an alert.
pub(crate) const ALERT: &str = "alert_";
/// The answer that lets the act go on.
pub(crate) const GO_ON: &str = "go_on";

impl Sent {
    pub(crate) fn read(fields: &[(String, String)]) -> Self {
        let mut sent = Self::default();
        for (name, value) in fields {
            sent.take(name, value);
        }
        sent.raw.members.iter_mut().for_each(|member| {
            member.sex = member.sex.trim().to_owned();
        });
        inherit(&mut sent.raw.members);
        sent
    }

    fn take(&mut self, name: &str, value: &str) {
        let text = value.to_owned();
        if let Some((index, field)) = member_field(name) {
            if self.raw.members.len() <= index {
                self.raw.members.resize_with(index + 1, RawMember::default);
            }
            if let Some(place) = member_text(&mut self.raw.members[index], field) {
                *place = text;
            }
            return;
        }
        if let Some(code) = name.strip_prefix(ALERT) {
            if value == GO_ON {
                self.acknowledged.push(code.to_owned());
            }
            return;
        }
        match name {
            "moved_on" => self.raw.moved_on = text,
            "filed_on" => self.raw.filed_on = text,
            "filed_by" => self.raw.filed_by = text,
            "household" => self.raw.household = text,
            "address" => self.raw.address = text,
            "address_code" => self.raw.address_code = text,
            "address_lot" => self.raw.address_lot = text,
            "address_building" => self.raw.address_building = text,
            "previous_address" => self.raw.previous_address = text,
            "submission_id" => self.submission = text,
            "address_find" => self.find_town = true,
            "add_member" => self.add_member = true,
            // A chosen day of a doubtful date takes the place of the doubtful text.
            "moved_on_choice" => self.raw.moved_on = text,
            "filed_on_choice" => self.raw.filed_on = text,
            _ => {}
        }
    }
}

/// `m2_birth` → (2, `birth`).
fn member_field(name: &str) -> Option<(usize, &str)> {
    let (index, field) = name.strip_prefix('m')?.split_once('_')?;
    index.parse().ok().filter(|index| *index < 40).map(|index| (index, field))
}

fn member_text<'a>(member: &'a mut RawMember, field: &str) -> Option<&'a mut String> {
    Some(match field {
        "family" => &mut member.family,
        "given" => &mut member.given,
        "family_kana" => &mut member.family_kana,
        "given_kana" => &mut member.given_kana,
        "birth" | "birth_choice" => &mut member.birth,
        "sex" => &mut member.sex,
        "relationship" => &mut member.relationship,
        "domicile" => &mut member.domicile,
        "domicile_head" => &mut member.domicile_head,
        "nationality" => &mut member.nationality,
        _ => return None,
    })
}

/// An empty 氏, 本籍 or 筆頭者 of a later member is the first member's: the form says so beside the box.
fn inherit(members: &mut [RawMember]) {
    let Some((first, later)) = members.split_first_mut() else { return };
    for member in later.iter_mut().filter(|m| !m.is_blank() && m.nationality.trim().is_empty()) {
        let pairs = [
            (&mut member.family, &first.family),
            (&mut member.family_kana, &first.family_kana),
            (&mut member.domicile, &first.domicile),
            (&mut member.domicile_head, &first.domicile_head),
        ];
        for (own, same) in pairs {
            if own.trim().is_empty() {
                own.clone_from(same);
            }
        }
    }
}

/// The rows that the form shows: those filled, and room for more.
pub(crate) fn rows(raw: &RawMoveIn, add: bool) -> usize {
    let filled = raw.members.iter().rposition(|member| !member.is_blank()).map_or(0, |last| last + 1);
    (filled.max(raw.members.len()) + usize::from(add)).max(ROWS)
}

/// A box of the form: its text, and what is wrong with it.
pub(crate) fn input(field: &str, text: &str, wrong: &[Wrong]) -> ui::Input {
    match wrong.iter().find(|one| one.field == field) {
        Some(one) => ui::Input::wrong(text, one.message.clone()),
        None => ui::Input::of(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(fields: &[(&str, &str)]) -> Sent {
        Sent::read(&fields.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect::<Vec<_>>())
    }

    #[test]
    fn later_members_inherit_what_was_left_empty() {
        let sent = sent(&[
            ("m0_family", "山田"),
            ("m0_given", "太郎"),
            ("m0_domicile", "群馬県高崎市高松町35番地"),
            ("m1_given", "花"),
            ("m2_given", ""),
        ]);
        assert_eq!(sent.raw.members[1].family, "山田");
        assert_eq!(sent.raw.members[1].domicile, "群馬県高崎市高松町35番地");
        assert!(sent.raw.members[2].is_blank(), "an empty row stays empty");
    }

    #[test]
    fn only_the_answer_to_go_on_counts() {
        let sent = sent(&[("alert_late", "go_on"), ("alert_no_head", "stop"), ("m99_given", "x")]);
        assert_eq!(sent.acknowledged, ["late"]);
        assert!(sent.raw.members.is_empty());
    }
}
