use base::PersonId;
use db::DbError;
use identity::Caller;
use register::{
    Applicant, Channel, IssueRefused, IssueRequest, LockAct, LockLevel, NewLock, NewRelease, ProtectionId,
    ProtectionRefusal, Subject,
};
use register::{RESIDENT_COPY as COPY, TAX_CERTIFICATE as TAX};
use testkit::{FUJIOKA, MORNING, both};

use super::{LOT, Town, clerk, migrations, officer, tax};

fn asked(subject: PersonId, name: &str) -> IssueRequest {
    let requester = Applicant { person: None, name: name.to_owned(), relation: "本人".to_owned() };
    IssueRequest {
        document: TAX,
        channel: Channel::Counter,
        subjects: vec![Subject::Person(subject)],
        requester: Some(requester),
        agent: None,
        acknowledged: false,
    }
}

/// The addresses that the paper prints, or why there is none.
fn issue(town: &Town, by: &Caller, request: &IssueRequest) -> Result<Vec<String>, IssueRefused> {
    let (by, request) = (by.clone(), request.clone());
    let decided: Result<_, DbError> = town.store.write_blocking(FUJIOKA, move |tx| {
        Ok(match register::may_issue(tx, &by, &request)? {
            Err(refused) => Err(refused),
            Ok(permit) => {
                let paper = register::issued(tx, permit)?;
                Ok(paper.residents.iter().map(|one| one.address().to_string()).collect::<Vec<_>>())
            }
        })
    });
    decided.expect("decides")
}

fn release(
    town: &Town,
    id: ProtectionId,
    change: impl FnOnce(&mut NewRelease),
) -> Result<(), ProtectionRefusal> {
    let mut new = NewRelease {
        protection: id,
        person: town.hers[0],
        document: TAX.key.to_owned(),
        channel: Channel::Counter,
        requester: "渡邊　花子".to_owned(),
        reason: "本人が窓口で請求".to_owned(),
        minutes: 10,
    };
    change(&mut new);
    town.act(move |tx, by| register::release(tx, by, &new)).map(drop)
}

const SHUT: Result<Vec<String>, IssueRefused> = Err(IssueRefused::Shut);

#[test]
fn every_office_gets_the_same_refusal_and_each_is_written_down() {
    both(&migrations(), |store| {
        let town = Town::new(store);
        let open = issue(&town, &tax(), &asked(town.hers[0], "渡邊花子")).expect("before the measure");
        assert!(open[0].contains(LOT));
        town.file(&town.application());
        let mut count = 0;
        for by in [clerk(), tax(), officer()] {
            for person in &town.hers {
                for document in [TAX, COPY] {
                    for channel in Channel::ALL {
                        let request = IssueRequest { document, channel, ..asked(*person, "渡邊花子") };
                        assert_eq!(
                            issue(&town, &by, &request),
                            SHUT,
                            "{} {}",
                            document.title,
                            channel.title()
                        );
                        count += 1;
                    }
                }
            }
        }
        let household =
            IssueRequest { subjects: vec![Subject::Household(town.home)], ..asked(town.hers[0], "") };
        assert_eq!(issue(&town, &tax(), &household), SHUT);
        let attempts = town.attempts();
        assert_eq!(attempts.len(), count + 1);
        assert_eq!((attempts[0].what.as_str(), attempts[0].persons.len()), ("納税証明書", 3));
        assert_eq!(attempts[1].remark, "連携　請求者 渡邊花子（本人）");
        let his = issue(&town, &tax(), &asked(town.his[0], "渡邊健")).expect("his own paper");
        assert!(his[0].contains("11番地1"));
        assert_eq!(town.attempts().len(), count + 1);
    });
}

#[test]
fn a_release_is_used_once_by_whom_it_names_and_ends_by_itself() {
    both(&migrations(), |store| {
        let town = Town::new(store);
        let id = town.file(&town.application());
        let hers = asked(town.hers[0], "わたなべ はなこ");
        release(&town, id, |new| new.requester = "わたなべ　はなこ".to_owned()).expect("released");
        let others = [
            IssueRequest { document: COPY, ..hers.clone() },
            IssueRequest { channel: Channel::ConvenienceStore, ..hers.clone() },
            IssueRequest { requester: None, ..hers.clone() },
            asked(town.hers[0], "岸ウメ"),
            asked(town.hers[1], "わたなべ はなこ"),
            IssueRequest { subjects: vec![Subject::Household(town.home)], ..hers.clone() },
        ];
        for other in others {
            assert_eq!(issue(&town, &tax(), &other), SHUT, "{other:?}");
        }
        assert!(town.is_shut(), "a release opens no record");
        assert!(issue(&town, &tax(), &hers).expect("released")[0].contains(LOT));
        assert_eq!(issue(&town, &tax(), &hers), SHUT, "used once");
        release(&town, id, |new| new.requester = "わたなべはなこ".to_owned()).expect("released again");
        town.store.clock().set(MORNING.plus_seconds(10 * 60));
        assert_eq!(issue(&town, &tax(), &hers), SHUT, "over after ten minutes");
    });
}

#[test]
fn a_release_needs_right_reason_and_somebody_else_than_the_other_party() {
    both(&migrations(), |store| {
        let town = Town::new(store);
        let id = town.file(&town.application());
        let check = |change: fn(&mut NewRelease), expected: &str| {
            let refused = release(&town, id, change).expect_err(expected);
            assert_eq!(refused.to_string(), expected);
        };
        check(|new| new.reason = " ".to_owned(), "理由を入力してください");
        check(|new| new.document = "tax".to_owned(), "どの証明書かを選んでください");
        check(|new| new.requester = " ".to_owned(), "請求する人を入力してください");
        check(
            |new| new.requester = "渡辺 健".to_owned(),
            "この人は相手方か、相手方に似ています。解除できません",
        );
        check(|new| new.person = PersonId::new(7), "この番号の人は見つかりません");
        let his = town.his[0];
        let refused = release(&town, id, |new| new.person = his).expect_err("not shielded");
        assert!(matches!(refused, ProtectionRefusal::NotShielded));
        let (person, document) = (town.hers[0], TAX.key.to_owned());
        let new = NewRelease {
            protection: id,
            person,
            document,
            channel: Channel::Counter,
            requester: "渡邊花子".to_owned(),
            reason: "理由".to_owned(),
            minutes: 10,
        };
        let by_clerk = town.store.write_blocking(FUJIOKA, move |tx| register::release(tx, &clerk(), &new));
        assert!(matches!(by_clerk, Err(ProtectionRefusal::NotYours)));
    });
}

#[test]
fn the_other_party_is_refused_in_every_guise_even_with_a_release() {
    both(&migrations(), |store| {
        let town = Town::new(store);
        let id = town.file(&town.application());
        let at = |name: &str, person: Option<PersonId>| {
            Some(Applicant { person, name: name.to_owned(), relation: "代理人".to_owned() })
        };
        let hers = asked(town.hers[0], "渡邊花子");
        let guises = [
            (at("渡邉健", None), None, "相手方か、相手方に似た人"),
            (at("ﾜﾀﾅﾍﾞ ｹﾝ", None), None, "相手方か、相手方に似た人"),
            (at("だれか", Some(town.his[0])), None, "相手方か、相手方に似た人"),
            (hers.requester.clone(), at("わたなべ けん", None), "相手方か、相手方に似た人"),
            (hers.requester.clone(), at("渡邊トメ", Some(town.his[1])), "相手方と同じ世帯の人"),
        ];
        for (requester, agent, remark) in guises {
            release(&town, id, |_| ()).expect("released");
            let request = IssueRequest { requester, agent, ..hers.clone() };
            assert_eq!(issue(&town, &tax(), &request), SHUT, "{request:?}");
            assert!(town.attempts()[0].remark.ends_with(remark), "{:?}", town.attempts()[0]);
        }
        assert!(issue(&town, &tax(), &hers).is_ok(), "the releases were not used up");
    });
}

#[test]
fn unknown_means_refuse() {
    both(&migrations(), |store| {
        let town = Town::new(store);
        let nobody = asked(PersonId::new(77), "だれか");
        assert_eq!(issue(&town, &tax(), &nobody), SHUT);
        let none = IssueRequest { subjects: Vec::new(), ..nobody.clone() };
        assert_eq!(issue(&town, &tax(), &none), SHUT);
        let one = IssueRequest {
            subjects: vec![Subject::Person(town.his[0]), Subject::Person(PersonId::new(77))],
            ..nobody.clone()
        };
        assert_eq!(issue(&town, &tax(), &one), SHUT);
        let empty = IssueRequest { subjects: vec![Subject::Household(base::HouseholdId::new(5))], ..nobody };
        assert_eq!(issue(&town, &tax(), &empty), Err(IssueRefused::Absent));
        assert_eq!(town.attempts().len(), 3);
    });
}

#[test]
fn locks_on_issuing_hold_for_every_document() {
    both(&migrations(), |store| {
        let town = Town::new(store);
        let person = town.his[0];
        let put = |level| {
            let lock = NewLock {
                person: Some(person),
                household: None,
                act: LockAct::Issue,
                level,
                from: MORNING.date(),
                to: None,
                reason: "確認中".to_owned(),
            };
            let put = town.store.write_blocking(FUJIOKA, move |tx| register::put_lock(tx, &officer(), &lock));
            put.expect("put");
        };
        put(LockLevel::Alert);
        let request = asked(person, "渡邊健");
        assert_eq!(issue(&town, &tax(), &request), Err(IssueRefused::Unanswered));
        assert!(issue(&town, &tax(), &IssueRequest { acknowledged: true, ..request.clone() }).is_ok());
        put(LockLevel::Error);
        assert_eq!(issue(&town, &tax(), &IssueRequest { acknowledged: true, ..request }), SHUT);
    });
}
