//! TLS of the program itself: a real client over a certificate of a test authority; files that cannot be used; a
//! renewal while it runs. The certificates are made with `openssl`; without it the test says so and passes.
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use testkit::Scratch;
use ureq::Agent;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

fn openssl(folder: &Path, words: &str) -> bool {
    let ended = Command::new("openssl").args(words.split(' ')).current_dir(folder).output();
    ended.is_ok_and(|ended| ended.status.success())
}

/// A folder with an authority `ca.pem`, and whether it could be made.
fn authority() -> Option<Scratch> {
    let scratch = Scratch::new();
    let made = openssl(&scratch.path, &format!("req -x509 {NEW} -keyout ca.key -out ca.pem -subj /CN=Test"));
    if !made {
        eprintln!("skipped: openssl is not there");
    }
    made.then_some(scratch)
}

const NEW: &str = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes";

/// `NAME.pem` and `NAME.key` of the authority for localhost, good for so many days.
fn issue(folder: &Path, name: &str, days: i64) {
    let asked = format!(
        "req {NEW} -keyout {name}.key -out csr -subj /CN=localhost -addext subjectAltName=DNS:localhost"
    );
    let signed = format!(
        "x509 -req -in csr -CA ca.pem -CAkey ca.key -CAcreateserial -days {days} -copy_extensions copy -out {name}.pem"
    );
    assert!(openssl(folder, &asked) && openssl(folder, &signed), "{name}");
}

fn program(folder: &Path, certificate: &str, key: &str) -> Command {
    let path = |name: &str| folder.join(name).display().to_string();
    let mut program = Command::new(env!("CARGO_BIN_EXE_fujidana"));
    program.args(["demo", "--residents", "100", "--listen", "127.0.0.1:0", "--data", &path("data")]);
    program.args(["--tls-cert", &path(certificate), "--tls-key", &path(key)]);
    program
}

/// A running sample city, stopped with the test.
struct Serving {
    child: Child,
    port: u16,
}

impl Serving {
    fn start(mut program: Command) -> Self {
        let mut child =
            program.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("the program starts");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines().map_while(Result::ok);
        let opened =
            lines.find(|line| line.contains("https://localhost:")).expect("it says where it listens");
        let port = opened.rsplit(':').next().and_then(|port| port.trim_end_matches('/').parse().ok());
        Self { child, port: port.expect("a port") }
    }

    fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.port)
    }

    fn plain(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it listens");
        stream.set_read_timeout(Some(Duration::from_secs(20))).expect("a timeout");
        stream
    }

    /// What `openssl s_client` says of a connection.
    fn agreed(&self, words: &str) -> String {
        let to = format!("localhost:{}", self.port);
        let ended = Command::new("openssl")
            .args(["s_client", "-connect", &to, "-servername", "localhost", "-alpn", "h2,http/1.1"])
            .args(words.split_whitespace())
            .stdin(Stdio::null())
            .output();
        let Output { stdout, .. } = ended.expect("openssl runs");
        String::from_utf8_lossy(&stdout).into_owned()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A browser that trusts the authority alone.
fn browser(folder: &Path) -> Agent {
    let pem = std::fs::read(folder.join("ca.pem")).expect("reads");
    let roots = RootCerts::from(vec![Certificate::from_pem(&pem).expect("a certificate")]);
    let tls = TlsConfig::builder().root_certs(roots).build();
    let patience = Some(Duration::from_secs(20));
    let config = Agent::config_builder().tls_config(tls).timeout_global(patience).proxy(None);
    config.http_status_as_error(false).build().into()
}

fn health(agent: &Agent, serving: &Serving) -> String {
    let mut answer = agent.get(serving.url("/healthz")).call().expect("answers over TLS");
    assert_eq!(answer.status(), 200);
    assert!(answer.headers().contains_key("strict-transport-security"));
    answer.body_mut().read_to_string().expect("text")
}

#[track_caller]
fn check_refused(folder: &Path, certificate: &str, key: &str, parts: &[&str]) {
    let ended = program(folder, certificate, key).output().expect("it ends");
    let told = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(1), "{told}");
    assert!(parts.iter().all(|part| told.contains(part)), "{certificate} {key}: {told}");
    assert!(!folder.join("data").exists(), "refused before anything is made");
}

#[test]
fn files_that_cannot_be_used_are_told_before_it_listens() {
    let Some(scratch) = authority() else { return };
    let folder = &scratch.path;
    issue(folder, "good", 90);
    issue(folder, "other", 90);
    issue(folder, "ended", -1);
    std::fs::write(folder.join("text"), "no certificate\n").expect("writes");
    let begin = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
    std::fs::write(folder.join("broken.pem"), begin).expect("writes");
    check_refused(folder, "absent.pem", "good.key", &["証明書", "absent.pem を読めません"]);
    check_refused(folder, "good.pem", "absent.key", &["秘密鍵", "absent.key を読めません"]);
    check_refused(folder, "text", "good.key", &["text に証明書", "--tls-cert で示して"]);
    check_refused(folder, "broken.pem", "good.key", &["broken.pem", "証明書の形ではありません"]);
    check_refused(folder, "good.pem", "text", &["text に、パスフレーズのない秘密鍵", "--tls-key で示して"]);
    check_refused(
        folder,
        "good.pem",
        "other.key",
        &["other.key は、証明書", "good.pem のものではありません"],
    );
    check_refused(folder, "ended.pem", "ended.key", &["ended.pem は", "期限が切れています", "新しい証明書"]);
    for (option, expected) in [
        (&["--tls-cert", "good.pem"][..], "そろえて使います"),
        (&["--tls-cert", "a", "--tls-key", "b", "--origin", "http://x"], "https:// で始まります"),
    ] {
        let ended = Command::new(env!("CARGO_BIN_EXE_fujidana")).arg("serve").args(option).output();
        let ended = ended.expect("it ends");
        assert_eq!(ended.status.code(), Some(2), "wrong usage");
        assert!(String::from_utf8_lossy(&ended.stderr).contains(expected));
    }
}

#[test]
fn browsers_are_served_over_tls_and_a_renewal_needs_no_restart() {
    let Some(scratch) = authority() else { return };
    let folder = &scratch.path;
    issue(folder, "site", 20);
    let serving = Serving::start(program(folder, "site.pem", "site.key"));
    // Somebody who says nothing at all stands first in the line.
    let _silent = [serving.plain(), serving.plain()];
    let agent = browser(folder);
    let told = health(&agent, &serving);
    assert!(told.contains("\"certificate\":\"attention\""), "20 days: {told}");
    versions(&serving);
    plain_http_is_closed(&serving);
    strangers_are_not_trusted(&serving);

    std::fs::write(folder.join("site.key"), "no key\n").expect("writes");
    issue(folder, "next", 90);
    let copy = |from: &str, to: &str| std::fs::copy(folder.join(from), folder.join(to)).expect("copies");
    copy("next.pem", "site.pem");
    std::thread::sleep(Duration::from_secs(6));
    let told = health(&browser(folder), &serving);
    assert!(told.contains("\"certificate\":\"attention\""), "a bad file leaves the old one: {told}");
    let before = serving.agreed("-showcerts");
    copy("next.key", "site.key");
    let started = Instant::now();
    while !health(&browser(folder), &serving).contains("\"certificate\":\"ok\"") {
        assert!(started.elapsed() < Duration::from_secs(30), "the new certificate is not taken up");
        std::thread::sleep(Duration::from_millis(300));
    }
    let leaf = |text: &str| text.split("-----BEGIN CERTIFICATE-----").nth(1).map(str::to_owned);
    let (old, new) = (leaf(&before), leaf(&serving.agreed("-showcerts")));
    assert!(old.is_some() && new.is_some() && old != new, "browsers see the new one");
}

/// 1.3 and 1.2, nothing older; HTTP/1.1 alone is agreed on.
fn versions(serving: &Serving) {
    for (words, expected) in [("-tls1_3", "TLSv1.3"), ("-tls1_2", "TLSv1.2")] {
        let told = serving.agreed(words);
        assert!(told.contains(&format!("New, {expected}, Cipher is ")), "{told}");
        assert!(told.contains("ALPN protocol: http/1.1"), "{told}");
    }
    for words in ["-tls1_1 -cipher ALL:@SECLEVEL=0", "-tls1_2 -cipher AES128-SHA:@SECLEVEL=0"] {
        let told = serving.agreed(words);
        assert!(told.contains("Cipher is (NONE)"), "{words}: {told}");
    }
}

/// `http://` on this port: closed, without an answer in HTTP and without a word in it.
fn plain_http_is_closed(serving: &Serving) {
    let mut stream = serving.plain();
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n").expect("it reads");
    let mut answer = Vec::new();
    // Closed by a reset or an end; a timeout would be an error of another kind.
    if let Err(error) = stream.read_to_end(&mut answer) {
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "{error}");
    }
    assert!(!String::from_utf8_lossy(&answer).contains("HTTP"), "{answer:?}");
}

/// A client with the well-known authorities alone refuses.
fn strangers_are_not_trusted(serving: &Serving) {
    let config = Agent::config_builder().timeout_global(Some(Duration::from_secs(20))).proxy(None).build();
    let refused: Result<_, ureq::Error> = Agent::from(config).get(serving.url("/healthz")).call();
    assert!(refused.is_err(), "a certificate of an unknown authority");
}

/// Ten seconds to agree on a connection.
#[test]
fn who_says_nothing_is_let_go() {
    let Some(scratch) = authority() else { return };
    let folder = &scratch.path;
    issue(folder, "site", 90);
    let serving = Serving::start(program(folder, "site.pem", "site.key"));
    let started = Instant::now();
    let mut silent = serving.plain();
    let mut answer = Vec::new();
    drop(silent.read_to_end(&mut answer));
    assert!(answer.is_empty() && started.elapsed() < Duration::from_secs(19), "{:?}", started.elapsed());
}
