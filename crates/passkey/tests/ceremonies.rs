//! Every step of WebAuthn §7.1 and §7.2, right and wrong, with keys of an authenticator made here.
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ciborium::{Value, cbor};
use passkey::{Assertion, Known, Party, Registration, Wrong, challenge_of, register};
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};

const CHALLENGE: &[u8] = b"0123456789abcdef0123456789abcdef";
const ORIGIN: &str = "https://desk.city.example.jp";
const HOST: &str = "desk.city.example.jp";

fn party() -> Party {
    Party::of(ORIGIN).expect("a safe name")
}

fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

enum Pair {
    Es256(EcdsaKeyPair),
    EdDsa(Ed25519KeyPair),
}

impl Pair {
    fn es256() -> Self {
        let random = SystemRandom::new();
        let alg = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let document = EcdsaKeyPair::generate_pkcs8(alg, &random).expect("a key");
        Self::Es256(EcdsaKeyPair::from_pkcs8(alg, document.as_ref(), &random).expect("a key"))
    }
    fn eddsa() -> Self {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).expect("a key");
        Self::EdDsa(Ed25519KeyPair::from_pkcs8(document.as_ref()).expect("a key"))
    }
    fn cose(&self) -> Vec<u8> {
        let value = match self {
            Self::Es256(pair) => {
                let point = pair.public_key().as_ref();
                let (x, y) = (point[1..33].to_vec(), point[33..].to_vec());
                cbor!({1 => 2, 3 => -7, -1 => 1, -2 => Value::Bytes(x), -3 => Value::Bytes(y)})
            }
            Self::EdDsa(pair) => {
                let x = pair.public_key().as_ref().to_vec();
                cbor!({1 => 1, 3 => -8, -1 => 6, -2 => Value::Bytes(x)})
            }
        };
        bytes_of(&value.expect("CBOR"))
    }
    fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Es256(pair) => pair.sign(&SystemRandom::new(), message).expect("signs").as_ref().to_vec(),
            Self::EdDsa(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }
}

fn bytes_of(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).expect("writes");
    bytes
}

/// What a browser and an authenticator say; a test changes one thing.
struct Said {
    json: String,
    host: &'static str,
    flags: u8,
    counter: u32,
    tail: Vec<u8>,
}

const UP_UV: u8 = 0b0000_0101;
const AT: u8 = 0b0100_0000;

fn client(kind: &str, challenge: &[u8], origin: &str, more: &str) -> String {
    format!("{{\"type\":\"{kind}\",\"challenge\":\"{}\",\"origin\":\"{origin}\"{more}}}", b64(challenge))
}

impl Said {
    fn new(kind: &str) -> Self {
        Self {
            json: client(kind, CHALLENGE, ORIGIN, ",\"crossOrigin\":false"),
            host: HOST,
            flags: UP_UV,
            counter: 7,
            tail: Vec::new(),
        }
    }
    fn data(&self) -> Vec<u8> {
        let hash = digest(&SHA256, self.host.as_bytes());
        [hash.as_ref(), &[self.flags], &self.counter.to_be_bytes(), &self.tail].concat()
    }
    fn registration(&self) -> Registration {
        let object = cbor!({"fmt" => "none", "attStmt" => {}, "authData" => Value::Bytes(self.data())});
        Registration { client_data: b64(&self.json), attestation: b64(bytes_of(&object.expect("CBOR"))) }
    }
    fn assertion(&self, pair: &Pair) -> Assertion {
        let hash = digest(&SHA256, self.json.as_bytes());
        Assertion {
            credential: b64("credential"),
            client_data: b64(&self.json),
            authenticator_data: b64(self.data()),
            signature: b64(pair.sign(&[&self.data(), hash.as_ref()].concat())),
            user_handle: b64("account 1"),
        }
    }
}

fn credential(id: &[u8], key: &[u8]) -> Vec<u8> {
    let length = u16::try_from(id.len()).expect("short");
    [&[0; 16][..], &length.to_be_bytes(), id, key].concat()
}

fn created(pair: &Pair) -> Said {
    let tail = credential(b"credential", &pair.cose());
    Said { flags: UP_UV | AT, tail, ..Said::new("webauthn.create") }
}

#[test]
fn a_new_passkey_is_kept_with_its_key() {
    for pair in [Pair::es256(), Pair::eddsa()] {
        let said = created(&pair);
        assert_eq!(challenge_of(&said.registration().client_data).as_deref(), Ok(CHALLENGE));
        let kept = register(&party(), CHALLENGE, &said.registration()).expect("is right");
        assert_eq!(
            (kept.credential_id.as_slice(), kept.counter, kept.synced),
            (&b"credential"[..], 7, false)
        );
        assert_eq!(kept.public_key, pair.cose());
    }
}

/// One thing that is wrong, and what it is called.
type Mistake = (fn(&mut Said), Wrong);

/// What is judged alike in both ceremonies.
fn common_mistakes(kind: &'static str) -> Vec<Mistake> {
    assert!(["webauthn.create", "webauthn.get"].contains(&kind));
    macro_rules! told {
        ($challenge:expr, $origin:expr, $more:expr) => {
            if kind == "webauthn.get" {
                |said: &mut Said| said.json = client("webauthn.get", $challenge, $origin, $more)
            } else {
                |said: &mut Said| said.json = client("webauthn.create", $challenge, $origin, $more)
            }
        };
    }
    vec![
        (|said| said.json = client("payment.get", CHALLENGE, ORIGIN, ""), Wrong::Type),
        (|said| said.json = "{}".to_owned(), Wrong::ClientData),
        (|said| said.json = "[1".to_owned(), Wrong::ClientData),
        (told!(b"another", ORIGIN, ""), Wrong::Challenge),
        (told!(CHALLENGE, "https://desk.city.example.jp.evil.example", ""), Wrong::Origin),
        (told!(CHALLENGE, "http://desk.city.example.jp", ""), Wrong::Origin),
        (told!(CHALLENGE, ORIGIN, ",\"crossOrigin\":true"), Wrong::CrossOrigin),
        (told!(CHALLENGE, ORIGIN, ",\"topOrigin\":\"https://evil.example\""), Wrong::CrossOrigin),
        (|said| said.host = "city.example.jp", Wrong::RpId),
        (|said| said.flags &= !1, Wrong::NotPresent),
        (|said| said.flags &= !4, Wrong::NotVerified),
        (|said| said.flags |= 1 << 4, Wrong::Backup),
        // Extensions are announced and do not follow.
        (|said| said.flags |= 1 << 7, Wrong::AuthenticatorData),
    ]
}

#[test]
fn a_new_passkey_with_a_mistake_is_refused() {
    let pair = Pair::es256();
    let own: Vec<Mistake> = vec![
        (|said| said.json = client("webauthn.get", CHALLENGE, ORIGIN, ""), Wrong::Type),
        (|said| said.flags &= !AT, Wrong::AuthenticatorData),
        (|said| said.tail.truncate(12), Wrong::AuthenticatorData),
        (|said| said.tail.truncate(20), Wrong::AuthenticatorData),
        (|said| said.tail.truncate(60), Wrong::Key),
        (|said| said.tail.push(0), Wrong::AuthenticatorData),
        (|said| said.tail = credential(b"", &[]), Wrong::CredentialId),
        (|said| said.tail = credential(&[1; 1024], &[]), Wrong::CredentialId),
        (
            |said| {
                said.tail = credential(b"a", &bytes_of(&cbor!({1 => 2, 3 => -35, -1 => 2}).expect("CBOR")))
            },
            Wrong::Key,
        ),
        (|said| said.tail = credential(b"a", &bytes_of(&cbor!([1, 2]).expect("CBOR"))), Wrong::Key),
        (|said| said.tail = credential(b"a", &bytes_of(&short_point())), Wrong::Key),
    ];
    for (i, (change, wrong)) in common_mistakes("webauthn.create").into_iter().chain(own).enumerate() {
        let mut said = created(&pair);
        change(&mut said);
        assert_eq!(register(&party(), CHALLENGE, &said.registration()), Err(wrong), "mistake {i}");
    }
    let right = created(&pair).registration();
    for (answer, wrong) in [
        (Registration { client_data: "=".to_owned(), ..right.clone() }, Wrong::Encoding),
        (Registration { attestation: "=".to_owned(), ..right.clone() }, Wrong::Encoding),
        (Registration { attestation: b64("none"), ..right.clone() }, Wrong::Attestation),
        (
            Registration { attestation: b64(bytes_of(&cbor!({"fmt" => "none"}).expect("CBOR"))), ..right },
            Wrong::Attestation,
        ),
    ] {
        assert_eq!(register(&party(), CHALLENGE, &answer), Err(wrong));
    }
}

fn short_point() -> Value {
    cbor!({1 => 2, 3 => -7, -1 => 1, -2 => Value::Bytes(vec![1; 31]), -3 => Value::Bytes(vec![1; 32])})
        .expect("CBOR")
}

fn known(pair: &Pair, counter: u32) -> Known {
    Known {
        credential_id: b"credential".to_vec(),
        public_key: pair.cose(),
        counter,
        user_handle: b"account 1".to_vec(),
    }
}

fn assert_by(known: &Known, answer: &Assertion) -> Result<(u32, bool), Wrong> {
    let asserted = passkey::assert(&party(), CHALLENGE, known, answer)?;
    Ok((asserted.counter, asserted.synced))
}

#[test]
fn an_answer_of_the_kept_key_counts() {
    for pair in [Pair::es256(), Pair::eddsa()] {
        let mut said = Said::new("webauthn.get");
        for (counter, before, flags, expected) in [
            (7, 6, UP_UV, Ok((7, false))),
            (7, 0, UP_UV, Ok((7, false))),
            // Passkeys that live on several devices do not count.
            (0, 0, UP_UV | 1 << 3 | 1 << 4, Ok((0, true))),
            (7, 7, UP_UV, Err(Wrong::Counter)),
            (6, 7, UP_UV, Err(Wrong::Counter)),
            (0, 7, UP_UV, Err(Wrong::Counter)),
        ] {
            (said.counter, said.flags) = (counter, flags);
            let answer = said.assertion(&pair);
            assert_eq!(assert_by(&known(&pair, before), &answer), expected, "{counter} after {before}");
        }
    }
}

#[test]
fn an_answer_with_a_mistake_is_refused() {
    let pair = Pair::es256();
    let own: Vec<Mistake> = vec![
        (|said| said.json = client("webauthn.create", CHALLENGE, ORIGIN, ""), Wrong::Type),
        (|said| said.flags |= AT, Wrong::AuthenticatorData),
        (|said| said.tail.push(0), Wrong::AuthenticatorData),
    ];
    for (i, (change, wrong)) in common_mistakes("webauthn.get").into_iter().chain(own).enumerate() {
        let mut said = Said::new("webauthn.get");
        change(&mut said);
        assert_eq!(assert_by(&known(&pair, 0), &said.assertion(&pair)), Err(wrong), "mistake {i}");
    }
    let right = Said::new("webauthn.get").assertion(&pair);
    let signed = URL_SAFE_NO_PAD.decode(&right.signature).expect("base64url");
    let mut other = Said::new("webauthn.get");
    other.counter = 8;
    for (answer, wrong) in [
        (Assertion { credential: b64("other"), ..right.clone() }, Wrong::Credential),
        (Assertion { user_handle: b64("account 2"), ..right.clone() }, Wrong::UserHandle),
        (Assertion { signature: b64(&signed[1..]), ..right.clone() }, Wrong::Signature),
        (Assertion { signature: String::new(), ..right.clone() }, Wrong::Signature),
        // What was signed is not what is said.
        (Assertion { authenticator_data: b64(other.data()), ..right.clone() }, Wrong::Signature),
        (Assertion { client_data: b64(other.json + " "), ..right.clone() }, Wrong::Signature),
        (Assertion { authenticator_data: b64([0; 36]), ..right.clone() }, Wrong::AuthenticatorData),
        (Assertion { authenticator_data: "*".to_owned(), ..right.clone() }, Wrong::Encoding),
    ] {
        assert_eq!(assert_by(&known(&pair, 0), &answer), Err(wrong));
    }
    let another = Pair::es256();
    assert_eq!(assert_by(&known(&another, 0), &right), Err(Wrong::Signature), "another key");
    let nameless = Assertion { user_handle: String::new(), ..right };
    assert_eq!(assert_by(&known(&pair, 0), &nameless), Ok((7, false)), "who is named need not name himself");
}
