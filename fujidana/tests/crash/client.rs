//! What a clerk does over HTTP while the program may die. Every failure is `None`.
use crate::http::{Answer, Client, sign_in};

/// A signed-in clerk.
pub struct Clerk {
    cookie: String,
    csrf: String,
}

impl Clerk {
    pub fn sign_in(port: u16, user: &str) -> Self {
        let cookie = sign_in(port, user).expect("a sample account signs in");
        let desk =
            Client::connect(port).and_then(|mut client| client.get("/desk", &cookie)).expect("the desk");
        let (_, rest) = desk.body.split_once("name=\"csrf\" value=\"").expect("the page has a form");
        let csrf = rest.split('"').next().expect("a value ends").to_owned();
        Self { cookie, csrf }
    }
}

/// One request on a connection of its own.
pub fn get(port: u16, path: &str, clerk: Option<&Clerk>) -> Option<Answer> {
    Client::connect(port)?.get(path, clerk.map_or("", |clerk| clerk.cookie.as_str()))
}

/// 仮登録 by one clerk and 本登録 by the other. The id of the move-in when both were acknowledged.
pub fn register(port: u16, clerks: &[Clerk; 2], number: u32) -> Option<String> {
    let [first, second] = clerks;
    let mut client = Client::connect(port)?;
    let (name, lot) = (format!("試験{number}"), format!("{}", number + 1));
    let (enter, decide) = (format!("enter-{number}"), format!("decide-{number}"));
    let fields = [
        ("csrf", first.csrf.as_str()),
        ("submission_id", &enter),
        ("moved_on", "."),
        ("filed_on", "."),
        ("address", "中栗須"),
        ("address_lot", &lot),
        ("previous_address", "不明"),
        ("m0_family", &name),
        ("m0_given", "親"),
        ("m0_family_kana", "シケン"),
        ("m0_given_kana", "オヤ"),
        ("m0_birth", "S60.5.5"),
        ("m0_sex", "F"),
        ("m0_relationship", "世帯主"),
        ("m0_domicile", "不明"),
        ("m0_domicile_head", "不明"),
        ("m1_given", "子"),
        ("m1_given_kana", "コ"),
        ("m1_birth", "H30.1.5"),
        ("m1_sex", "M"),
        ("m1_relationship", "子"),
    ];
    let entered = client.post("/move-ins", &first.cookie, &fields)?;
    assert!([303, 503].contains(&entered.status), "{}: {}", entered.status, entered.body);
    let id = entered.header("location")?.strip_prefix("/move-ins/")?.to_owned();
    let fields = [("csrf", second.csrf.as_str()), ("submission_id", &decide), ("version", "1")];
    let decided = client.post(&format!("/move-ins/{id}/registration"), &second.cookie, &fields)?;
    (decided.status == 303).then_some(id)
}

/// The paths of the move-ins that a page links to.
pub fn move_ins(body: &str) -> Vec<String> {
    let links = body.split("href=\"/move-ins/").skip(1).filter_map(|rest| rest.split('"').next());
    links.filter(|id| id.len() == 13).map(|id| format!("/move-ins/{id}")).collect()
}
