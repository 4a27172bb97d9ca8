//! A small directory on this machine: what it signs rightly counts, and nothing else does.
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use base::At;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oidc::{Answer, Asked, Directory, Expected, Jwks, OidcError, Person, Settings, Wrong, judge};
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};

const NOW: i64 = 1_795_479_240;
const AT: At = At::from_micros(NOW * 1_000_000);
const CLIENT: &str = "fujidana";

fn b64(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn pair() -> EcdsaKeyPair {
    let (alg, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
    let document = EcdsaKeyPair::generate_pkcs8(alg, &random).expect("a key");
    EcdsaKeyPair::from_pkcs8(alg, document.as_ref(), &random).expect("a key")
}

fn jwk(pair: &EcdsaKeyPair, kid: &str) -> Value {
    let point = pair.public_key().as_ref();
    json!({"kty": "EC", "crv": "P-256", "kid": kid, "use": "sig", "x": b64(&point[1..33]), "y": b64(&point[33..])})
}

fn jwks(keys: &[Value]) -> Jwks {
    serde_json::from_value(json!({ "keys": keys })).expect("keys")
}

fn token(pair: &EcdsaKeyPair, header: &Value, claims: &Value) -> String {
    let message = format!("{}.{}", b64(header.to_string()), b64(claims.to_string()));
    let signature = pair.sign(&SystemRandom::new(), message.as_bytes()).expect("signs");
    format!("{message}.{}", b64(signature))
}

fn header() -> Value {
    json!({"alg": "ES256", "kid": "one"})
}

fn claims() -> Value {
    json!({
        "iss": "https://idp.example", "sub": "person-1", "aud": CLIENT, "nonce": "nonce-1",
        "exp": NOW + 300, "iat": NOW - 5,
    })
}

/// `base` with some members changed or, by null, taken away.
fn with(mut base: Value, changes: Value) -> Value {
    for (name, value) in changes.as_object().expect("an object") {
        if value.is_null() {
            base.as_object_mut().expect("an object").remove(name);
        } else {
            base[name] = value.clone();
        }
    }
    base
}

fn judged(token: &str, keys: &Jwks) -> Result<Person, Wrong> {
    let strong = ["mfa".to_owned(), "urn:city:two".to_owned()];
    let expected = Expected {
        issuer: "https://idp.example",
        client_id: CLIENT,
        nonce: "nonce-1",
        at: AT,
        strong: &strong,
    };
    judge(token, keys, &expected)
}

#[test]
fn a_token_says_who_and_how() {
    let pair = pair();
    let keys = jwks(&[jwk(&pair, "one"), json!({"kty": "oct", "kid": "two", "k": "AAAA"})]);
    for (changes, strong) in [
        (json!({}), false),
        (json!({"amr": ["pwd"]}), false),
        (json!({"amr": ["pwd", "mfa"]}), true),
        (json!({"acr": "urn:city:two"}), true),
        (json!({"acr": "urn:city:one"}), false),
        (json!({"aud": [CLIENT]}), false),
        (json!({"aud": [CLIENT, "other"], "azp": CLIENT}), false),
        (json!({"exp": NOW - 59, "iat": NOW + 59}), false),
    ] {
        let token = token(&pair, &header(), &with(claims(), changes.clone()));
        let expected = Person { subject: "person-1".to_owned(), strong };
        assert_eq!(judged(&token, &keys), Ok(expected), "{changes}");
    }
}

#[test]
fn a_claim_that_does_not_fit_is_refused() {
    let pair = pair();
    let keys = jwks(&[jwk(&pair, "one")]);
    for (changes, wrong) in [
        (json!({"iss": "https://idp.example/"}), Wrong::Issuer),
        (json!({"iss": "https://evil.example"}), Wrong::Issuer),
        (json!({"aud": "other"}), Wrong::Audience),
        (json!({"aud": []}), Wrong::Audience),
        (json!({"aud": [CLIENT, "other"]}), Wrong::Audience),
        (json!({"azp": "other"}), Wrong::Audience),
        (json!({"nonce": "nonce-2"}), Wrong::Nonce),
        (json!({"nonce": null}), Wrong::Nonce),
        (json!({"exp": NOW - 60}), Wrong::Expired),
        (json!({"exp": null}), Wrong::Form),
        (json!({"iat": NOW - 700}), Wrong::Issued),
        (json!({"iat": NOW + 61}), Wrong::Issued),
        (json!({"nbf": NOW + 61}), Wrong::Issued),
        (json!({"sub": ""}), Wrong::Subject),
        (json!({"sub": "a".repeat(256)}), Wrong::Subject),
        (json!({"sub": null}), Wrong::Form),
    ] {
        let token = token(&pair, &header(), &with(claims(), changes.clone()));
        assert_eq!(judged(&token, &keys), Err(wrong), "{changes}");
    }
}

#[test]
fn a_header_does_not_choose_what_it_is_trusted_for() {
    let (pair, other) = (pair(), pair_of_a_stranger());
    let keys = jwks(&[jwk(&pair, "one")]);
    for (changes, wrong) in [
        (json!({"alg": "none"}), Wrong::Alg),
        (json!({"alg": "None"}), Wrong::Alg),
        (json!({"alg": "HS256"}), Wrong::Alg),
        (json!({"alg": "ES384"}), Wrong::Alg),
        // The key is no RSA key.
        (json!({"alg": "RS256"}), Wrong::UnknownKey),
        (json!({"kid": "two"}), Wrong::UnknownKey),
        (json!({"crit": ["b64"], "b64": false}), Wrong::Critical),
        (json!({"alg": null}), Wrong::Form),
    ] {
        let token = token(&pair, &with(header(), changes.clone()), &claims());
        assert_eq!(judged(&token, &keys), Err(wrong), "{changes}");
    }
    // A key in the header is nobody's.
    let brought = with(header(), json!({"jwk": jwk(&other, "one")}));
    assert_eq!(judged(&token(&other, &brought, &claims()), &keys), Err(Wrong::Signature));
    let nameless = with(header(), json!({"kid": null}));
    let signed = token(&pair, &nameless, &claims());
    assert!(judged(&signed, &keys).is_ok(), "one key needs no name");
    let two = jwks(&[jwk(&pair, "one"), jwk(&other, "two")]);
    assert_eq!(judged(&signed, &two), Err(Wrong::UnknownKey), "among two it does");
    let encryption = jwks(&[with(jwk(&pair, "one"), json!({"use": "enc"}))]);
    assert_eq!(judged(&token(&pair, &header(), &claims()), &encryption), Err(Wrong::UnknownKey));
}

fn pair_of_a_stranger() -> EcdsaKeyPair {
    pair()
}

#[test]
fn what_is_not_signed_as_it_says_is_refused() {
    let pair = pair();
    let key = jwk(&pair, "one");
    let keys = jwks(std::slice::from_ref(&key));
    let right = token(&pair, &header(), &claims());
    let (message, signature) = right.rsplit_once('.').expect("three parts");
    let (head, _) = message.split_once('.').expect("three parts");
    let unsigned = format!("{}.{}.", b64(r#"{"alg":"none"}"#), b64(claims().to_string()));
    // The public key as the secret of HS256: whoever knows it would sign.
    let public = hmac::Key::new(hmac::HMAC_SHA256, key.to_string().as_bytes());
    let symmetric = format!("{}.{}", b64(r#"{"alg":"HS256","kid":"one"}"#), b64(claims().to_string()));
    let symmetric = format!("{symmetric}.{}", b64(hmac::sign(&public, symmetric.as_bytes())));
    let other = b64(with(claims(), json!({"sub": "person-2"})).to_string());
    for (token, wrong) in [
        (unsigned, Wrong::Alg),
        (symmetric, Wrong::Alg),
        (format!("{head}.{other}.{signature}"), Wrong::Signature),
        (format!("{message}."), Wrong::Signature),
        (format!("{message}.{}", b64([0; 64])), Wrong::Signature),
        (format!("{message}.*"), Wrong::Form),
        (message.to_owned(), Wrong::Form),
        (format!("{right}.more"), Wrong::Signature),
        ("a".repeat(70_000), Wrong::Form),
        (String::new(), Wrong::Form),
    ] {
        assert_eq!(judged(&token, &keys), Err(wrong), "{:.80}", token);
    }
}

/// What the small directory answers; a test changes it while it runs.
#[derive(Default)]
struct Office {
    issuer: String,
    keys: Vec<Value>,
    token: String,
    requests: Vec<String>,
}

type Shared = Arc<Mutex<Office>>;

fn start() -> Shared {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let issuer = format!("http://{}", listener.local_addr().expect("an address"));
    let office = Arc::new(Mutex::new(Office { issuer, ..Office::default() }));
    let shared = Arc::clone(&office);
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            serve(stream.expect("a connection"), &shared);
        }
    });
    office
}

fn serve(mut stream: TcpStream, office: &Shared) {
    let mut reader = BufReader::new(stream.try_clone().expect("a stream"));
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).expect("a line");
        let name = line.to_ascii_lowercase();
        if let Some(value) = name.strip_prefix("content-length:") {
            length = value.trim().parse().expect("a number");
        }
        if line.trim().is_empty() {
            break;
        }
        head += &line;
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).expect("a body");
    let mut office = office.lock().expect("nobody fails with it");
    let issuer = office.issuer.clone();
    let answer = match head.split(' ').nth(1).unwrap_or_default() {
        "/.well-known/openid-configuration" => json!({
            "issuer": issuer, "authorization_endpoint": format!("{issuer}/auth"),
            "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/jwks"),
        }),
        "/jwks" => json!({"keys": office.keys}),
        _ => json!({"access_token": "a", "token_type": "Bearer", "id_token": office.token}),
    };
    office.requests.push(format!("{head}\n{}", String::from_utf8_lossy(&body)));
    let answer = answer.to_string();
    let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", answer.len());
    stream.write_all((head + &answer).as_bytes()).expect("answers");
}

fn directory(office: &Shared) -> Directory {
    let issuer = office.lock().expect("free").issuer.clone();
    let settings = Settings {
        issuer,
        client_id: CLIENT.to_owned(),
        client_secret: "s3cret/+".to_owned(),
        redirect_uri: "https://desk.example/sign-in/directory/back".to_owned(),
        ..Settings::default()
    };
    assert!(!format!("{settings:?}").contains("s3cret"));
    Directory::new(settings).expect("no authority of its own")
}

/// The query of the address where the browser goes.
fn way(directory: &Directory, asked: &Asked) -> Vec<(String, String)> {
    let way = directory.way(asked, AT).expect("the directory answers");
    serde_urlencoded::from_str(way.split_once('?').expect("a query").1).expect("pairs")
}

fn of<'a>(pairs: &'a [(String, String)], name: &str) -> &'a str {
    pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).unwrap_or_default()
}

#[test]
fn there_and_back_with_what_this_browser_asked() {
    let (office, pair) = (start(), pair());
    let (directory, asked) = (directory(&office), Asked::from_secret("cookie"));
    office.lock().expect("free").keys = vec![jwk(&pair, "one")];
    let sent = way(&directory, &asked);
    assert_eq!((of(&sent, "response_type"), of(&sent, "scope")), ("code", "openid"));
    assert_eq!(of(&sent, "code_challenge_method"), "S256");
    let issuer = directory.issuer().to_owned();
    let own = json!({"iss": issuer, "nonce": of(&sent, "nonce")});
    office.lock().expect("free").token = token(&pair, &header(), &with(claims(), own));
    let right = Answer { code: "c".to_owned(), state: of(&sent, "state").to_owned(), ..Answer::default() };
    assert_eq!(directory.person(&right, &asked, AT).expect("who").subject, "person-1");
    let request = office.lock().expect("free").requests.pop().expect("the exchange");
    assert!(request.contains("grant_type=authorization_code") && request.contains("code_verifier="));
    // RFC 6749 §2.3.1: both parts are encoded before they are joined.
    let basic = base64::engine::general_purpose::STANDARD.encode("fujidana:s3cret%2F%2B");
    assert!(request.contains(&format!("Basic {basic}")), "{request}");
    let told = |answer: &Answer, asked: &Asked| match directory.person(answer, asked, AT) {
        Err(OidcError::Token(wrong)) => format!("{wrong:?}"),
        Err(OidcError::State) => "state".to_owned(),
        Err(OidcError::Issuer) => "issuer".to_owned(),
        Err(OidcError::Refused) => "refused".to_owned(),
        other => panic!("{other:?}"),
    };
    let stranger = Asked::from_secret("another browser");
    assert_eq!(told(&right, &stranger), "state");
    let by_stranger = Answer { state: of(&way(&directory, &stranger), "state").to_owned(), ..right.clone() };
    assert_eq!(told(&by_stranger, &stranger), "Nonce", "a code of another sign-in");
    assert_eq!(
        told(&Answer { iss: Some("https://evil.example".to_owned()), ..right.clone() }, &asked),
        "issuer"
    );
    assert_eq!(told(&Answer { error: Some("access_denied".to_owned()), ..right.clone() }, &asked), "refused");
    assert_eq!(told(&Answer { code: String::new(), ..right }, &asked), "refused");
}

#[test]
fn keys_are_asked_anew_when_they_change_and_not_all_the_time() {
    let (office, old, new) = (start(), pair(), pair());
    let (directory, asked) = (directory(&office), Asked::from_secret("cookie"));
    office.lock().expect("free").keys = vec![jwk(&old, "one")];
    let sent = way(&directory, &asked);
    let own = with(claims(), json!({"iss": directory.issuer(), "nonce": of(&sent, "nonce")}));
    office.lock().expect("free").keys = vec![jwk(&new, "two")];
    office.lock().expect("free").token = token(&new, &json!({"alg": "ES256", "kid": "two"}), &own);
    let answer = Answer { code: "c".to_owned(), state: of(&sent, "state").to_owned(), ..Answer::default() };
    for (seconds, expected) in [(30, false), (60, true), (61, true)] {
        let found = directory.person(&answer, &asked, AT.plus_seconds(seconds));
        assert_eq!(found.is_ok(), expected, "after {seconds} s: {found:?}");
    }
    let asked =
        office.lock().expect("free").requests.iter().filter(|one| one.starts_with("GET /jwks")).count();
    assert_eq!(asked, 2);
}

#[test]
fn a_directory_that_calls_itself_otherwise_is_not_asked() {
    let office = start();
    let directory = directory(&office);
    office.lock().expect("free").issuer += "/";
    let refused = directory.way(&Asked::from_secret("cookie"), AT);
    assert!(matches!(refused, Err(OidcError::Issuer)), "{refused:?}");
}
