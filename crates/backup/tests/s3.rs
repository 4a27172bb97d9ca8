//! A real S3-compatible server (moto) on this machine; skipped where it is not installed.
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use backup::{BackupError, open_target};

struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn start() -> Option<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let port = listener.local_addr().expect("it is bound").port();
        drop(listener);
        let home = std::env::var("HOME").unwrap_or_default();
        let places = ["moto_server".to_owned(), format!("{home}/.cache/fujidana/moto/bin/moto_server")];
        let started = places.iter().find_map(|place| {
            let mut command = Command::new(place);
            command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
            command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()
        });
        let Some(child) = started else {
            println!("skipped: moto_server is not installed (tools/setup installs it)");
            return None;
        };
        let server = Self { child, port };
        let until = Instant::now() + Duration::from_secs(60);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < until, "the server does not answer");
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The credentials of the tests are set where they are read: in a process of its own.
#[test]
fn objects_are_put_listed_read_and_deleted() {
    let Some(server) = Server::start() else { return };
    if std::env::var_os("AWS_ACCESS_KEY_ID").is_none() {
        // A test may not change the environment of its process: it runs again as a child.
        let again = Command::new(std::env::current_exe().expect("this test"))
            .args(["objects_are_put_listed_read_and_deleted", "--exact", "--nocapture"])
            .envs([("AWS_ACCESS_KEY_ID", "mihon"), ("AWS_SECRET_ACCESS_KEY", "mihon-no-himitsu")])
            .output()
            .expect("the test runs again");
        let told = String::from_utf8_lossy(&again.stdout).into_owned();
        assert!(again.status.success() && told.contains("1 passed"), "{told}");
        return;
    }
    let endpoint = format!("http://127.0.0.1:{}", server.port);
    let missing = open_target(&format!("s3://nothing?endpoint={endpoint}"), "test").expect("an address");
    let refused = missing.put("inside/x/manifest", b"x").expect_err("there is no such bucket");
    assert!(refused.to_string().contains("NoSuchBucket"), "{refused}");

    // A bucket is made by its owner, not by the program.
    let made = ureq::put(format!("{endpoint}/copies")).send_empty().expect("the server makes a bucket");
    assert_eq!(made.status(), 200);
    let store = open_target(&format!("s3://copies/fujioka?endpoint={endpoint}"), "test").expect("an address");
    assert!(store.list("inside/").expect("listed").is_empty());
    // More than one page of names.
    for number in 0..1003 {
        store.put(&format!("inside/g/segment-{number:05}"), format!("{number}").as_bytes()).expect("put");
    }
    store.put("portal/g/manifest", &vec![7; 9 << 20]).expect("a large object");
    let listed = store.list("inside/").expect("listed");
    assert_eq!(listed.len(), 1003);
    assert_eq!((listed[1002].name.as_str(), listed[1002].bytes), ("inside/g/segment-01002", 4));
    assert_eq!(store.get("inside/g/segment-01002").expect("read"), b"1002");
    assert_eq!(store.get("portal/g/manifest").expect("read").len(), 9 << 20);
    store.delete("inside/g/segment-00000").expect("deleted");
    store.delete("inside/g/segment-00000").expect("deleted once is deleted");
    assert!(matches!(store.get("inside/g/segment-00000"), Err(BackupError::Missing { .. })));
}

/// A store that does not answer is no store: the refusal comes in time and names no credential.
#[test]
fn a_store_that_is_not_there_is_refused() {
    let refused = open_target("s3://copies", "test").err().map(|error| error.to_string()).unwrap_or_default();
    if std::env::var_os("AWS_ACCESS_KEY_ID").is_none() {
        assert!(refused.contains("AWS_ACCESS_KEY_ID"), "{refused}");
    }
}
