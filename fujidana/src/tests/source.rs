//! What the source must not hold: ways to run texts as code, stores in the browser, packages from elsewhere.
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Files below a folder with one of the endings, without tests, benches and what runs at build time.
fn files(folder: &str, ending: &str) -> Vec<(String, String)> {
    let (mut waiting, mut found) = (vec![root().join(folder)], Vec::new());
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(&folder).expect("the tree can be read").flatten() {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            let skipped = ["tests", "examples", "bench", "target", "node_modules", "dist", "testkit"];
            if path.is_dir() && !skipped.contains(&&*name) {
                waiting.push(path);
            } else if name.ends_with(ending) && name != "tests.rs" && name != "build.rs" {
                let text = std::fs::read_to_string(&path).expect("source is text");
                let product = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default().to_owned();
                found.push((path.display().to_string(), product));
            }
        }
    }
    assert!(!found.is_empty(), "{folder} has no {ending}");
    found
}

/// The word stands in the files of a folder as often as that; the reasons stand beside.
#[track_caller]
fn check(folder: &str, ending: &str, word: &str, allowed: usize) {
    let found: Vec<String> = files(folder, ending)
        .iter()
        .flat_map(|(path, text)| {
            text.lines().filter(|line| line.contains(word)).map(move |line| format!("{path}: {line}"))
        })
        .collect();
    assert_eq!(found.len(), allowed, "`{word}` in {folder}:\n{}", found.join("\n"));
}

/// What the server says comes into a page as text. The one exception is the follower board, whose pieces the
/// server itself rendered from the same escaping templates.
#[test]
fn our_script_runs_no_text_as_code() {
    check("assets/js", ".js", "innerHTML", 1);
    for word in [
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "DOMParser",
        "createContextualFragment",
        "srcdoc",
        "eval(",
        "new Function",
        "new RegExp",
        "setAttribute(\"on",
        "javascript:",
        "import(",
        "__proto__",
        ".prototype",
        "Object.assign",
    ] {
        check("assets/js", ".js", word, 0);
    }
}

/// Nothing stays in the browser but the session's cookie, which no script sees; nothing goes to others.
#[test]
fn our_script_keeps_nothing_and_talks_to_this_site_alone() {
    for word in [
        "localStorage",
        "sessionStorage",
        "indexedDB",
        "caches.",
        "document.cookie",
        "serviceWorker",
        "postMessage",
        "\"message\", (event) => window",
        "window.open",
        "window.name",
        "sendBeacon",
        "WebSocket",
        "XMLHttpRequest",
        "https://",
        "http://",
        "fetch(\"http",
    ] {
        check("assets/js", ".js", word, 0);
    }
}

/// A password can be pasted and filled in by the browser's own store.
#[test]
fn our_script_lets_passwords_be_pasted() {
    for word in ["\"paste\"", "onpaste", "beforeinput", "\"autocomplete\""] {
        check("assets/js", ".js", word, 0);
    }
}

#[test]
fn our_script_compares_without_conversion() {
    for word in [" == ", " != "] {
        check("assets/js", ".js", word, 0);
    }
}

#[test]
fn pages_print_texts_escaped_and_requests_start_no_program() {
    for folder in ["crates", "apps", "fujidana/src"] {
        for word in ["PreEscaped(", "libloading", "Regex::new"] {
            check(folder, ".rs", word, 0);
        }
    }
    // PostgreSQL's own tools and `tar`, by the copies and never by a request, in one place; the address of the
    // database is in their environment, not in a command line.
    for (folder, count) in [("crates", 1), ("apps", 0), ("fujidana/src", 0)] {
        check(folder, ".rs", "Command::new(", count);
    }
    check("crates/backup/src/", "tools.rs", "Command::new(path)", 1);
    for tool in ["pg_dump", "pg_restore", "pg_basebackup", "pg_receivewal", "initdb", "postgres", "tar"] {
        check("crates/backup/src", "tools.rs", &format!("=> \"{tool}\","), 1);
    }
}

/// What nobody may guess comes from the system's generator; the sample draws from a seed, on purpose.
#[test]
fn randomness_comes_from_the_system() {
    for folder in ["crates", "apps", "fujidana/src"] {
        for word in ["rand::", "fastrand", "RandomState", "thread_rng", "SmallRng"] {
            check(folder, ".rs", word, 0);
        }
    }
}

/// Which crates can call anybody: the directory, the store of copies, PostgreSQL. Where they call, the command
/// line says.
#[test]
fn three_crates_talk_to_others() {
    let mut talking: Vec<String> = Vec::new();
    for folder in ["crates", "apps"] {
        for entry in std::fs::read_dir(root().join(folder)).expect("the tree can be read").flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let Ok(manifest) = std::fs::read_to_string(entry.path().join("Cargo.toml")) else { continue };
            let (own, _) = manifest.split_once("[dev-dependencies]").unwrap_or((&manifest, ""));
            for client in ["ureq", "postgres", "reqwest", "hyper", "lettre", "native-tls", "openssl"] {
                let names = |line: &str| {
                    line.starts_with(&format!("{client}.")) || line.starts_with(&format!("{client} "))
                };
                if own.lines().any(names) && name != "testkit" {
                    talking.push(format!("{name} {client}"));
                }
            }
        }
    }
    talking.sort();
    assert_eq!(talking, ["backup ureq", "db postgres", "oidc ureq"]);
    for folder in ["crates", "apps", "fujidana/src"] {
        for word in ["TcpStream::connect", "UdpSocket", "UnixStream::connect"] {
            check(folder, ".rs", word, 0);
        }
    }
    for folder in ["crates/backup/src", "crates/oidc/src"] {
        check(folder, ".rs", "max_redirects(0)", 1);
        check(folder, ".rs", "proxy(None)", 1);
    }
}

/// What is logged goes into the two tables and to standard error; files are written by the copies, the keys, the
/// sample's table and a paper that `act` is told to write out.
#[test]
fn logs_go_to_the_tables_and_to_standard_error() {
    for folder in ["crates", "apps"] {
        for word in ["println!(", "print!(", "tracing_subscriber", "syslog"] {
            check(folder, ".rs", word, 0);
        }
    }
    check("fujidana/src", ".rs", "tracing_subscriber::fmt()", 1);
    check("fujidana/src", ".rs", "with_writer(std::io::stderr)", 1);
    for folder in ["crates", "apps"] {
        for (path, text) in files(folder, ".rs") {
            let writes =
                ["File::create", "OpenOptions::new", "fs::write("].iter().any(|word| text.contains(word));
            let may =
                ["backup/src/", "vault/src/folder.rs", "sample/src/csv.rs", "residents/src/issue/acts.rs"]
                    .iter()
                    .any(|one| path.contains(one));
            assert!(may || !writes, "{path} writes a file");
        }
    }
}

/// Every package has its fingerprint, and comes from the registry of its kind.
#[test]
fn packages_come_from_their_registry_with_a_fingerprint() {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).expect("the lock file");
    let mut count = 0;
    for package in lock.split("[[package]]").skip(1) {
        let Some(source) = package.lines().find_map(|line| line.strip_prefix("source = ")) else {
            // Ours.
            continue;
        };
        assert_eq!(source, "\"registry+https://github.com/rust-lang/crates.io-index\"", "{package}");
        assert!(package.contains("\nchecksum = \""), "{package}");
        count += 1;
    }
    assert!(count > 50, "{count} packages");
    for folder in ["assets", "e2e"] {
        let text =
            std::fs::read_to_string(root().join(folder).join("package-lock.json")).expect("the lock file");
        let lock: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let packages = lock["packages"].as_object().expect("packages");
        for (name, package) in packages.iter().filter(|(name, _)| !name.is_empty()) {
            let fingerprint = package["integrity"].as_str().unwrap_or_default();
            assert!(fingerprint.starts_with("sha512-"), "{folder}: {name}");
        }
    }
}
