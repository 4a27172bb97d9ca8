//! The request for a copy as it is typed, and what is wrong with it.
use base::{Date, PersonId};
use register::{Applicant, Channel, IssueRequest, RESIDENT_COPY, Subject};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::settings::identity_documents;

/// The same for the page and for `act`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct RawRequest {
    /// Ids of the members on the paper.
    pub members: Vec<String>,
    /// `joint` 世帯連記式, `single` 個人票: a paper for each, `statement` 記載事項証明.
    pub form: String,
    /// Items beyond the omitted ones: `relationship` 世帯主・続柄, `domicile` 本籍・筆頭者, `history` 履歴, `resident_code`, `my_number`.
    pub show: Vec<String>,
    pub copies: String,
    /// 公用: free of charge, for an office.
    pub official_use: bool,
    /// Who asks: `self`, `household`, `agent`, `third`, `duty`.
    pub capacity: String,
    pub name: String,
    /// 使いみち.
    pub purpose: String,
    /// 代理人の氏名.
    pub agent: String,
    /// What shows the right to ask: 委任状, contract …
    pub evidence: String,
    /// Keys of `identity_documents.tsv`.
    pub identity: Vec<String>,
    /// The clerk has answered the locks that ask for an answer.
    pub acknowledged: bool,
}

pub(crate) const CAPACITIES: [(&str, &str); 5] = [
    ("self", "本人"),
    ("household", "同じ世帯の人"),
    ("agent", "代理人"),
    ("third", "第三者"),
    ("duty", "職務上請求（弁護士・司法書士など）"),
];
pub(crate) const FORMS: [(&str, &str); 3] = [
    ("joint", "世帯連記式（1枚に並べる）"),
    ("single", "個人票（ひとり1枚）"),
    ("statement", "住民票記載事項証明書"),
];
pub(crate) const ITEMS: [(&str, &str); 5] = [
    ("relationship", "世帯主・続柄"),
    ("domicile", "本籍・筆頭者"),
    ("history", "履歴"),
    ("resident_code", "住民票コード"),
    ("my_number", "個人番号"),
];

const MOST_COPIES: i64 = 20;
const MOST_CHARS: usize = 200;

/// A request that can be decided.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub members: Vec<PersonId>,
    pub single: bool,
    pub relationship: bool,
    pub domicile: bool,
    pub history: bool,
    pub resident_code: bool,
    pub my_number: bool,
    pub copies: i64,
    pub raw: RawRequest,
}

/// A field and what to do about it.
pub(crate) type Wrong = (&'static str, String);

fn said(text: &str) -> bool {
    let text = text.trim();
    !text.is_empty() && text.chars().count() <= MOST_CHARS
}

impl RawRequest {
    pub fn of_fields(fields: &[(String, String)]) -> Self {
        let all = |name: &str| {
            fields
                .iter()
                .filter(|(field, _)| field == name)
                .map(|(_, value)| value.clone())
                .collect::<Vec<_>>()
        };
        let text = |name: &str| all(name).into_iter().next().unwrap_or_default();
        Self {
            members: all("members"),
            form: text("form"),
            show: all("show"),
            copies: text("copies"),
            official_use: !text("official_use").is_empty(),
            capacity: text("capacity"),
            name: text("name"),
            purpose: text("purpose"),
            agent: text("agent"),
            evidence: text("evidence"),
            identity: all("identity"),
            acknowledged: !text("acknowledged").is_empty(),
        }
    }

    pub fn shows(&self, item: &str) -> bool {
        self.show.iter().any(|shown| shown == item)
    }

    /// Every wrong field at once.
    pub fn understand(self, today: Date) -> Result<Request, Vec<Wrong>> {
        let mut wrong: Vec<Wrong> = Vec::new();
        let mut claim = |holds: bool, field: &'static str, words: &str| {
            if !holds {
                wrong.push((field, words.to_owned()));
            }
        };
        let mut members: Vec<PersonId> = self.members.iter().filter_map(|id| id.parse().ok()).collect();
        members.sort_unstable();
        members.dedup();
        claim(
            !members.is_empty() && members.len() == self.members.len(),
            "members",
            "写しにのせる人を選んでください",
        );
        claim(FORMS.iter().any(|(key, _)| *key == self.form), "form", "様式を選んでください");
        claim(
            self.show.iter().all(|item| ITEMS.iter().any(|(key, _)| key == item)),
            "show",
            "表示する項目を選びなおしてください",
        );
        let copies = base::half_width(self.copies.trim()).parse::<i64>().unwrap_or(0);
        claim((1..=MOST_COPIES).contains(&copies), "copies", "部数は1から20までの数で入力してください");
        claim(
            CAPACITIES.iter().any(|(key, _)| *key == self.capacity),
            "capacity",
            "だれの請求かを選んでください",
        );
        claim(said(&self.name), "name", "請求者の氏名（公用のときは機関の名前）を入力してください");
        claim(said(&self.purpose), "purpose", "使いみちを200文字までで入力してください");
        self.check_capacity(&mut claim);
        self.check_identity(today, &mut claim);
        if !wrong.is_empty() {
            return Err(wrong);
        }
        Ok(Request {
            members,
            single: self.form == "single",
            relationship: self.shows("relationship"),
            domicile: self.shows("domicile"),
            history: self.shows("history"),
            resident_code: self.shows("resident_code"),
            my_number: self.shows("my_number"),
            copies,
            raw: self,
        })
    }

    fn check_capacity(&self, claim: &mut impl FnMut(bool, &'static str, &str)) {
        let by = self.capacity.as_str();
        claim(by != "agent" || said(&self.agent), "agent", "代理人の氏名を入力してください");
        let needs_evidence = matches!(by, "agent" | "third" | "duty");
        claim(
            !needs_evidence || said(&self.evidence),
            "evidence",
            "確かめた書類（委任状、契約書、職務上請求書の番号など）を入力してください",
        );
        let numbers = self.shows("my_number") || self.shows("resident_code");
        claim(
            !numbers || matches!(by, "self" | "household" | "agent"),
            "show",
            "個人番号と住民票コードは、本人・同じ世帯の人・その代理人の請求にだけのせられます",
        );
    }

    fn check_identity(&self, today: Date, claim: &mut impl FnMut(bool, &'static str, &str)) {
        let known = identity_documents(today);
        let shown: Vec<_> =
            known.iter().filter(|one| self.identity.iter().any(|key| key == one.key)).collect();
        claim(shown.len() == self.identity.len(), "identity", "きょう使える本人確認書類から選んでください");
        let enough = shown.iter().map(|one| one.counts).sum::<u32>() >= 2;
        claim(
            enough || self.official_use,
            "identity",
            "本人確認書類は、写真つきの公的なもの1点か、そのほかのもの2点を選んでください",
        );
    }
}

impl Request {
    /// What the register is asked.
    pub fn to_register(&self) -> IssueRequest {
        let raw = &self.raw;
        let title = CAPACITIES.iter().find(|(key, _)| *key == raw.capacity).map_or("", |(_, title)| *title);
        let named = |name: &str, relation: &str| Applicant {
            person: None,
            name: name.trim().to_owned(),
            relation: relation.to_owned(),
        };
        IssueRequest {
            document: RESIDENT_COPY,
            channel: Channel::Counter,
            subjects: self.members.iter().map(|person| Subject::Person(*person)).collect(),
            requester: Some(named(&raw.name, title)),
            agent: (!raw.agent.trim().is_empty()).then(|| named(&raw.agent, "代理人")),
            acknowledged: raw.acknowledged,
        }
    }

    /// 「世帯主・続柄、本籍・筆頭者」, as the log keeps it.
    pub fn items(&self) -> String {
        let shown = ITEMS.iter().filter(|(key, _)| self.raw.shows(key)).map(|(_, title)| *title);
        shown.collect::<Vec<_>>().join("、")
    }

    pub fn shows_number(&self) -> bool {
        self.my_number || self.resident_code
    }
}

#[cfg(test)]
mod tests {
    use base::day;

    use super::RawRequest;

    fn good() -> RawRequest {
        let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect();
        RawRequest {
            members: words(&["0000000000001"]),
            form: "joint".to_owned(),
            copies: "１".to_owned(),
            capacity: "self".to_owned(),
            name: "山田　花子".to_owned(),
            purpose: "銀行の手続き".to_owned(),
            identity: words(&["driving_licence"]),
            ..RawRequest::default()
        }
    }

    fn check(change: impl Fn(&mut RawRequest), expected: &[&str]) {
        let mut raw = good();
        change(&mut raw);
        let wrong = raw.understand(day(2026, 11, 24)).err().unwrap_or_default();
        let fields: Vec<&str> = wrong.iter().map(|(field, _)| *field).collect();
        assert_eq!(fields, expected);
    }

    #[test]
    fn every_wrong_field_is_named_at_once() {
        check(|_| {}, &[]);
        check(|raw| raw.members.clear(), &["members"]);
        check(|raw| raw.members.push("0000000000001".to_owned()), &["members"]);
        check(|raw| raw.copies = "0".to_owned(), &["copies"]);
        check(|raw| raw.copies = "21".to_owned(), &["copies"]);
        check(|raw| raw.identity = vec!["care_card".to_owned()], &["identity"]);
        check(|raw| raw.identity = vec!["care_card".to_owned(), "pension_book".to_owned()], &[]);
        check(|raw| raw.identity = vec!["insurance_card".to_owned()], &["identity", "identity"]);
        check(|raw| raw.capacity = "agent".to_owned(), &["agent", "evidence"]);
        check(|raw| raw.capacity = "third".to_owned(), &["evidence"]);
        check(
            |raw| {
                raw.capacity = "duty".to_owned();
                raw.evidence = "職務上請求書 第12号".to_owned();
                raw.show = vec!["my_number".to_owned()];
            },
            &["show"],
        );
        check(
            |raw| *raw = RawRequest::default(),
            &["members", "form", "copies", "capacity", "name", "purpose", "identity"],
        );
    }
}
