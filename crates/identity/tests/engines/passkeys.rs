use base::At;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ciborium::{Value, cbor};
use db::{Store, params, sql};
use identity::passkeys::{self, PasskeyError, Use};
use identity::{Actor, AlarmKind, MIGRATIONS, NewSession, Refusal, actor_of, session};
use passkey::{Assertion, Party, Registration};
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair};
use testkit::{FUJIOKA, MORNING, both};

use super::{CLIENT, TODAY, add_clerk, run, sign_in};

const ORIGIN: &str = "https://desk.city.example.jp";

fn party() -> Party {
    Party::of(ORIGIN).expect("a safe name")
}

fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// An authenticator with one key.
struct Device {
    pair: Ed25519KeyPair,
    id: &'static str,
}

impl Device {
    fn new(id: &'static str) -> Self {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("a key");
        Self { pair: Ed25519KeyPair::from_pkcs8(document.as_ref()).expect("a key"), id }
    }
    fn client_data(kind: &str, challenge: &str) -> String {
        format!("{{\"type\":\"{kind}\",\"challenge\":\"{challenge}\",\"origin\":\"{ORIGIN}\"}}")
    }
    fn data(flags: u8, counter: u32) -> Vec<u8> {
        let hash = digest(&SHA256, party().rp_id.as_bytes());
        [hash.as_ref(), &[flags], &counter.to_be_bytes()].concat()
    }
    fn create(&self, challenge: &str) -> Registration {
        let x = Value::Bytes(self.pair.public_key().as_ref().to_vec());
        let key = bytes_of(&cbor!({1 => 1, 3 => -8, -1 => 6, -2 => x}).expect("CBOR"));
        let id = self.id.as_bytes();
        let length = u16::try_from(id.len()).expect("short").to_be_bytes();
        let data = [Self::data(0x45, 0), vec![0; 16], length.to_vec(), id.to_vec(), key].concat();
        let object = cbor!({"fmt" => "none", "attStmt" => {}, "authData" => Value::Bytes(data)});
        Registration {
            client_data: b64(Self::client_data("webauthn.create", challenge)),
            attestation: b64(bytes_of(&object.expect("CBOR"))),
        }
    }
    fn get(&self, challenge: &str, handle: &str, counter: u32) -> Assertion {
        let client_data = Self::client_data("webauthn.get", challenge);
        let data = Self::data(0x05, counter);
        let message = [data.as_slice(), digest(&SHA256, client_data.as_bytes()).as_ref()].concat();
        Assertion {
            credential: b64(self.id),
            client_data: b64(client_data),
            authenticator_data: b64(&data),
            signature: b64(self.pair.sign(&message)),
            user_handle: handle.to_owned(),
        }
    }
}

fn bytes_of(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).expect("writes");
    bytes
}

fn asked(store: &Store, use_: Use, at: At) -> String {
    run(passkeys::challenge(store, FUJIOKA, use_, CLIENT, at)).expect("gives a challenge")
}

fn clerk(store: &Store, name: &'static str) -> Actor {
    let account = add_clerk(store, name);
    let actor = store.read_blocking(FUJIOKA, move |tx| actor_of(tx, account, TODAY));
    actor.expect("reads").expect("has a post")
}

fn add(store: &Store, actor: &Actor, device: &Device, challenge: &str, at: At) -> Result<(), PasskeyError> {
    let answer = device.create(challenge);
    run(passkeys::add(store, &party(), actor, "窓口", answer, CLIENT, at))
}

fn added(store: &Store, actor: &Actor, device: &Device) {
    let challenge = asked(store, Use::Add(actor.account), MORNING);
    add(store, actor, device, &challenge, MORNING).expect("is right");
}

fn enter(store: &Store, answer: Assertion, at: At) -> Result<NewSession, Refusal> {
    run(passkeys::sign_in(store, FUJIOKA, &party(), answer, CLIENT, at))
}

#[test]
fn a_passkey_alone_signs_in_and_its_answer_once() {
    both(MIGRATIONS, |store| {
        let (actor, device) = (clerk(&store, "hanako"), Device::new("device-1"));
        added(&store, &actor, &device);
        let challenge = asked(&store, Use::SignIn, MORNING);
        let answer = device.get(&challenge, &passkeys::handle_text(actor.account), 0);
        let token = enter(&store, answer.clone(), MORNING).expect("signs in").token;
        let session = run(session::current(&store, FUJIOKA, token.reveal(), MORNING)).expect("reads");
        let session = session.expect("signed in");
        assert_eq!((session.actor.account, session.fresh_at), (actor.account, MORNING));
        assert!(matches!(enter(&store, answer, MORNING), Err(Refusal::Wrong)), "a copied answer");
        let account = actor.account;
        let list = store.read_blocking(FUJIOKA, move |tx| passkeys::list(tx, account)).expect("reads");
        assert_eq!((list[0].title.as_str(), list[0].used_at), ("窓口", Some(MORNING)));
    });
}

#[test]
fn a_challenge_is_good_for_one_thing_one_person_and_five_minutes() {
    both(MIGRATIONS, |store| {
        let (actor, other) = (clerk(&store, "hanako"), clerk(&store, "taro"));
        let (device, new) = (Device::new("device-1"), Device::new("device-2"));
        added(&store, &actor, &device);
        let handle = passkeys::handle_text(actor.account);
        let late = MORNING.plus_seconds(session::LIMITS.asked);
        for (use_, at) in
            [(Use::StepUp(actor.account), MORNING), (Use::Add(actor.account), MORNING), (Use::SignIn, late)]
        {
            let answer = device.get(&asked(&store, use_, MORNING), &handle, 0);
            assert!(matches!(enter(&store, answer, at), Err(Refusal::Wrong)), "{use_:?}");
        }
        let own = device.get(&b64("never given out"), &handle, 0);
        assert!(matches!(enter(&store, own, late), Err(Refusal::Wrong)));
        for use_ in [Use::Add(other.account), Use::SignIn, Use::StepUp(actor.account)] {
            let challenge = asked(&store, use_, MORNING);
            let refused = add(&store, &actor, &new, &challenge, MORNING);
            assert!(matches!(refused, Err(PasskeyError::Late)), "{use_:?}: {refused:?}");
        }
        let challenge = asked(&store, Use::Add(actor.account), MORNING);
        assert!(matches!(add(&store, &actor, &new, &challenge, late), Err(PasskeyError::Late)));
    });
}

#[test]
fn a_passkey_confirms_its_owners_session_alone() {
    both(MIGRATIONS, |store| {
        let (actor, other) = (clerk(&store, "hanako"), clerk(&store, "taro"));
        let device = Device::new("device-1");
        added(&store, &actor, &device);
        let later = MORNING.plus_seconds(session::LIMITS.fresh);
        for (who, name, expected) in [(&other, "taro", false), (&actor, "hanako", true)] {
            let token = run(sign_in(&store, name, MORNING)).expect("signs in").token;
            let challenge = asked(&store, Use::StepUp(who.account), later);
            let answer = device.get(&challenge, &passkeys::handle_text(actor.account), 0);
            let confirmed =
                run(passkeys::step_up(&store, &party(), who, token.reveal(), answer, CLIENT, later));
            assert_eq!(confirmed.is_ok(), expected, "{name}: {confirmed:?}");
            let Ok(new) = confirmed else { continue };
            let session = run(session::current(&store, FUJIOKA, new.token.reveal(), later)).expect("reads");
            assert!(session.expect("goes on").is_fresh(later));
        }
    });
}

#[test]
fn who_is_not_named_by_the_passkey_or_has_no_post_does_not_come_in() {
    both(MIGRATIONS, |store| {
        let (actor, other) = (clerk(&store, "hanako"), clerk(&store, "taro"));
        let device = Device::new("device-1");
        added(&store, &actor, &device);
        for handle in [String::new(), passkeys::handle_text(other.account)] {
            let answer = device.get(&asked(&store, Use::SignIn, MORNING), &handle, 0);
            assert!(matches!(enter(&store, answer, MORNING), Err(Refusal::Wrong)), "{handle}");
        }
        super::write(&store, |tx| tx.run(sql!("DELETE FROM post WHERE municipality_id = $1"), &[]).map(drop));
        let challenge = asked(&store, Use::SignIn, MORNING);
        let answer = device.get(&challenge, &passkeys::handle_text(actor.account), 0);
        assert!(matches!(enter(&store, answer, MORNING), Err(Refusal::Wrong)), "no post");
    });
}

#[test]
fn a_counter_that_runs_backwards_is_told() {
    both(MIGRATIONS, |store| {
        let (actor, device) = (clerk(&store, "hanako"), Device::new("device-1"));
        added(&store, &actor, &device);
        let handle = passkeys::handle_text(actor.account);
        for (counter, expected) in [(5, true), (6, true), (6, false), (3, false), (7, true)] {
            let answer = device.get(&asked(&store, Use::SignIn, MORNING), &handle, counter);
            assert_eq!(enter(&store, answer, MORNING).is_ok(), expected, "{counter}");
        }
        let told = store.read_blocking(FUJIOKA, |tx| identity::alarms(tx, MORNING)).expect("reads");
        let told: Vec<_> = told.into_iter().map(|alarm| (alarm.kind, alarm.subject)).collect();
        assert_eq!(told, [(AlarmKind::CopiedPasskey, "hanako".to_owned())]);
    });
}

#[test]
fn ones_own_list_is_ones_own() {
    both(MIGRATIONS, |store| {
        let (actor, other) = (clerk(&store, "hanako"), clerk(&store, "taro"));
        let device = Device::new("device-1");
        added(&store, &actor, &device);
        let id = b64(device.id);
        let challenge = asked(&store, Use::Add(other.account), MORNING);
        let refused = add(&store, &other, &device, &challenge, MORNING);
        assert!(matches!(refused, Err(PasskeyError::Taken)), "{refused:?}");
        let rename = |who: &Actor, title: &str| run(passkeys::rename(&store, who, &id, title, CLIENT));
        assert!(!rename(&other, "奪った").expect("writes"));
        for title in ["", "　", &"長".repeat(41), "改\n行"] {
            assert!(matches!(rename(&actor, title), Err(PasskeyError::Title)), "{title:?}");
        }
        assert!(rename(&actor, " 窓口3番 ").expect("writes"));
        let remove = |who: &Actor| run(passkeys::remove(&store, who, &id, CLIENT)).expect("writes");
        assert!(!remove(&other));
        assert!(remove(&actor));
        assert!(!remove(&actor), "there is none any more");
        let changes = store.read_blocking(FUJIOKA, |tx| {
            let list = sql!(
                "SELECT purpose FROM access WHERE municipality_id = $1 AND operation = 'right' ORDER BY id"
            );
            tx.all(list, params![], |row| row.take::<String>())
        });
        let changes: Result<Vec<String>, db::DbError> = changes;
        assert_eq!(changes.expect("reads"), ["パスキーの追加", "パスキーの名前の変更", "パスキーの取り外し"]);
    });
}
