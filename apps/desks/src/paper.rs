//! 証明書を出す: each office's papers, through the register's one question at the moment of issue.
use base::{PersonId, PersonNo};
use db::DbError;
use identity::Caller;
use register::{Applicant, Channel, Document, IssueRefused, IssueRequest, Paper, Subject};
use schemars::JsonSchema;
use serde::Deserialize;
use web::Site;

/// A paper of an office.
#[derive(Debug)]
pub(crate) struct OfficePaper {
    /// Key of the office whose clerks issue it.
    pub office: &'static str,
    pub document: Document,
    /// What it certifies, until the office's own app computes it (見本).
    pub sample: &'static str,
}

const fn paper(office: &'static str, document: Document, sample: &'static str) -> OfficePaper {
    OfficePaper { office, document, sample }
}

pub(crate) const PAPERS: [OfficePaper; 8] = [
    paper("tax", register::TAX_CERTIFICATE, "市税に未納の税額はありません。"),
    paper("tax", register::INCOME_CERTIFICATE, "所得の額と課税の額を証明します。"),
    paper("health_insurance", register::INSURANCE_CONFIRMATION, "国民健康保険の資格があります。"),
    paper("late_elderly", register::LATE_ELDERLY_CONFIRMATION, "後期高齢者医療の資格があります。"),
    paper("child_allowance", register::CHILD_ALLOWANCE_CERTIFICATE, "児童手当を受給しています。"),
    paper("school", register::SCHOOL_NOTICE, "指定した学校に入学する日を知らせます。"),
    paper("health", register::VACCINATION_CERTIFICATE, "予防接種を受けたことを証明します。"),
    paper("election", register::ELECTORAL_CERTIFICATE, "選挙人名簿に登録されています。"),
];

pub(crate) fn by_key(key: &str) -> Option<&'static OfficePaper> {
    PAPERS.iter().find(|paper| paper.document.key == key)
}

/// What a clerk fills in.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Asked {
    /// Key of the document, for example tax_certificate.
    pub document: String,
    /// 宛名番号, or the person's id.
    pub person: String,
    /// 請求者の氏名.
    pub requester: String,
    /// 本人との関係.
    pub relation: String,
    /// 請求者の宛名番号, when it is known.
    pub requester_person: String,
    /// 代理人の氏名.
    pub agent: String,
    /// 代理人の宛名番号, when it is known.
    pub agent_person: String,
    /// By which way it goes out; the counter when nothing is said.
    pub channel: Option<Channel>,
    /// 発行の注意を確かめました.
    pub acknowledged: bool,
}

/// What is wrong with what was filled in: the field and the sentence.
pub(crate) type Wrong = (&'static str, &'static str);

impl Asked {
    /// Reads the form. The request names persons by id: numbers are looked up in the transaction of the issue.
    pub(crate) fn understand(&self) -> Result<(&'static OfficePaper, Typed), Vec<Wrong>> {
        let mut wrong = Vec::new();
        let paper = by_key(&self.document);
        if paper.is_none() {
            wrong.push(("document", "証明書を選んでください"));
        }
        let subject = typed(&self.person);
        if subject.is_none() {
            wrong.push(("person", "だれの証明書か、宛名番号（10けた）で入力してください"));
        }
        if self.requester.trim().is_empty() {
            wrong.push(("requester", "請求者の氏名を入力してください"));
        }
        for (field, text) in
            [("requester_person", &self.requester_person), ("agent_person", &self.agent_person)]
        {
            if !text.trim().is_empty() && typed(text).is_none() {
                wrong.push((field, "宛名番号は10けたです。わからないときは空けておけます"));
            }
        }
        match (paper, subject) {
            (Some(paper), Some(subject)) if wrong.is_empty() => {
                let (requester, agent) = (typed(&self.requester_person), typed(&self.agent_person));
                Ok((paper, Typed { subject, requester, agent }))
            }
            _ => Err(wrong),
        }
    }
}

/// The persons of a form, by number or id.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Typed {
    subject: Subject,
    requester: Option<Subject>,
    agent: Option<Subject>,
}

fn typed(text: &str) -> Option<Subject> {
    let text = base::half_width(text).trim().to_owned();
    if let Ok(id) = text.parse::<PersonId>() {
        return Some(Subject::Person(id));
    }
    PersonNo::parse(&text).ok().map(Subject::Number)
}

/// Asks the register, and makes the paper in the same transaction. A refusal is recorded, so the transaction is kept.
pub(crate) async fn issue(
    site: &Site,
    caller: Caller,
    asked: Asked,
    paper: &'static OfficePaper,
    persons: Typed,
) -> Result<Result<Paper, IssueRefused>, DbError> {
    let issued = site.inside().write(caller.actor.municipality, move |tx| {
        let mut known = |who: Option<Subject>| match who {
            Some(who) => register::person_of(tx, who),
            None => Ok(None),
        };
        let (requester, agent) = (known(persons.requester)?, known(persons.agent)?);
        let named = |name: &str, person: Option<PersonId>, relation: &str| {
            let name = name.trim().to_owned();
            (!name.is_empty() || person.is_some()).then(|| Applicant {
                person,
                name,
                relation: relation.trim().to_owned(),
            })
        };
        let request = IssueRequest {
            document: paper.document,
            channel: asked.channel.unwrap_or(Channel::Counter),
            subjects: vec![persons.subject],
            requester: named(&asked.requester, requester, &asked.relation),
            agent: named(&asked.agent, agent, "代理人"),
            acknowledged: asked.acknowledged,
        };
        Ok::<_, DbError>(match register::may_issue(tx, &caller, &request)? {
            Ok(permit) => Ok(register::issued(tx, permit)?),
            Err(refused) => Err(refused),
        })
    });
    issued.await
}
