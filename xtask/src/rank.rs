//! Which crate may depend on which, and where versions stand.
use serde_json::Value;

use crate::check::Violation;
use crate::tree::Tree;

struct Member<'a> {
    name: &'a str,
    /// Relative path of its Cargo.toml.
    manifest: String,
    rank: Option<i64>,
    dependencies: Vec<Dependency<'a>>,
}

struct Dependency<'a> {
    name: &'a str,
    /// Only for tests, examples and benches.
    dev: bool,
}

pub fn check(metadata: &Value, tree: &Tree) -> Vec<Violation> {
    let members = members(metadata);
    let mut found = Vec::new();
    for member in &members {
        let mut add = |text: String| {
            found.push(Violation::new(&member.manifest, line_of(tree, member, &text), "rank", text));
        };
        check_name(member).into_iter().for_each(&mut add);
        check_ranks(member, &members).into_iter().for_each(&mut add);
        check_engines(member).into_iter().for_each(&mut add);
    }
    found.extend(tree.files.iter().filter(|file| file.path.ends_with("/Cargo.toml")).flat_map(|file| {
        let lines = versions_outside_the_workspace(&file.text);
        let text = "the version stands in the root Cargo.toml: NAME.workspace = true";
        lines.into_iter().map(move |line| Violation::new(&file.path, line, "rank", text))
    }));
    found
}

fn members(metadata: &Value) -> Vec<Member<'_>> {
    let root = metadata["workspace_root"].as_str().unwrap_or_default();
    let ids = metadata["workspace_members"].as_array().map_or(&[][..], Vec::as_slice);
    let packages = metadata["packages"].as_array().map_or(&[][..], Vec::as_slice);
    let own = packages.iter().filter(|package| ids.contains(&package["id"]));
    own.map(|package| {
        let manifest = package["manifest_path"].as_str().unwrap_or_default();
        let dependencies = package["dependencies"].as_array().map_or(&[][..], Vec::as_slice);
        Member {
            name: package["name"].as_str().unwrap_or_default(),
            manifest: manifest.strip_prefix(root).unwrap_or(manifest).trim_start_matches('/').to_owned(),
            rank: package["metadata"]["fujidana"]["rank"].as_i64(),
            dependencies: dependencies
                .iter()
                .map(|d| Dependency { name: d["name"].as_str().unwrap_or_default(), dev: d["kind"] == "dev" })
                .collect(),
        }
    })
    .collect()
}

/// The line that names the crate which the advice names first; 1 where there is none.
fn line_of(tree: &Tree, member: &Member<'_>, advice: &str) -> usize {
    let text = tree.find(&member.manifest).map_or("", |file| file.text.as_str());
    let named = advice.split_whitespace().next().unwrap_or_default();
    text.lines().position(|line| line.split(['.', ' ', '=']).next() == Some(named)).map_or(1, |n| n + 1)
}

fn check_name(member: &Member<'_>) -> Vec<String> {
    let folder = member.manifest.trim_end_matches("/Cargo.toml").rsplit('/').next().unwrap_or_default();
    let mut found = Vec::new();
    if folder != member.name {
        found.push(format!("{} lives in the folder {folder}: one name for both", member.name));
    }
    if member.rank.is_none() {
        found.push("[package.metadata.fujidana] needs rank = N".to_owned());
    }
    if member.manifest.starts_with("apps/") && member.rank.is_some_and(|rank| rank != 10) {
        found.push("an app has rank 10".to_owned());
    }
    found
}

fn check_ranks(member: &Member<'_>, members: &[Member<'_>]) -> Vec<String> {
    let mut found = Vec::new();
    for dependency in member.dependencies.iter().filter(|dependency| !dependency.dev) {
        let Some(other) = members.iter().find(|other| other.name == dependency.name) else { continue };
        let name = dependency.name;
        if name == "testkit" {
            found.push(format!("{name} is for tests: [dev-dependencies]"));
        } else if other.manifest.starts_with("apps/") && member.manifest.starts_with("apps/") {
            found.push(format!("{name} is an app: meet through an event or a core crate"));
        } else if let (Some(own), Some(rank)) = (member.rank, other.rank)
            && rank >= own
        {
            found.push(format!("{name} has rank {rank}, not below {own}: turn the dependency round"));
        }
    }
    found
}

/// Crates that reach an engine, and who may.
const ENGINES: &[(&str, &[&str])] = &[
    ("rusqlite", &["db"]),
    ("libsqlite3-sys", &["db"]),
    ("postgres", &["db", "testkit"]),
    ("tokio-postgres", &["db"]),
    ("sqlx", &[]),
    ("diesel", &[]),
];

fn check_engines(member: &Member<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for dependency in &member.dependencies {
        let engine = ENGINES.iter().find(|(name, _)| *name == dependency.name);
        if let Some((name, allowed)) = engine
            && !allowed.contains(&member.name)
        {
            found.push(format!("{name} is linked by the db crate alone"));
        }
    }
    found
}

/// Lines of a manifest's dependency tables that do not take the workspace's version.
fn versions_outside_the_workspace(manifest: &str) -> Vec<usize> {
    let mut in_dependencies = false;
    let mut found = Vec::new();
    for (i, line) in manifest.lines().enumerate() {
        let line = line.trim();
        if line.starts_with('[') {
            in_dependencies = line.ends_with("dependencies]");
        } else if in_dependencies && !line.is_empty() && !line.starts_with('#') {
            let from_workspace = line.contains(".workspace = true") || line.contains("workspace = true");
            found.extend((!from_workspace && line.contains('=')).then_some(i + 1));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Source;
    use serde_json::json;

    fn package(path: &str, rank: Option<i64>, dependencies: &[(&str, Option<&str>)]) -> Value {
        let name = path.rsplit('/').next().unwrap();
        let metadata = rank.map_or(Value::Null, |rank| json!({"fujidana": {"rank": rank}}));
        json!({
            "id": path, "name": name, "manifest_path": format!("/repo/{path}/Cargo.toml"), "metadata": metadata,
            "dependencies": dependencies.iter().map(|(name, kind)| json!({"name": name, "kind": kind})).collect::<Vec<_>>(),
        })
    }

    #[track_caller]
    fn check_member(path: &str, rank: Option<i64>, dependencies: &[(&str, Option<&str>)], expect: &[&str]) {
        let mut packages = vec![package(path, rank, dependencies)];
        for (path, rank) in
            [("crates/db", 1), ("crates/web", 4), ("apps/care", 10), ("crates/testkit", 2), ("fujidana", 11)]
        {
            packages.push(package(path, Some(rank), &[]));
        }
        let members: Vec<Value> = packages.iter().map(|package| package["id"].clone()).collect();
        let metadata = json!({"workspace_root": "/repo", "workspace_members": members, "packages": packages});
        let found: Vec<String> =
            check(&metadata, &Tree { files: Vec::new() }).into_iter().map(|v| v.text).collect();
        assert!(
            found.len() == expect.len() && found.iter().zip(expect).all(|(f, e)| f.contains(e)),
            "{found:?}"
        );
    }

    #[test]
    fn a_crate_depends_on_lower_ranks() {
        check_member("crates/ui", Some(3), &[("db", None), ("maud", None)], &[]);
        check_member("crates/ui", Some(3), &[("web", None)], &["web has rank 4"]);
        check_member("crates/forms", Some(4), &[("web", None)], &["web has rank 4"]);
        check_member("crates/ui", Some(3), &[("web", Some("dev"))], &[]);
        check_member("crates/ui", Some(3), &[("web", Some("build"))], &["web has rank 4"]);
        check_member("crates/ui", None, &[], &["needs rank"]);
    }

    #[test]
    fn an_app_stands_alone() {
        check_member("apps/lunch", Some(10), &[("web", None)], &[]);
        check_member("apps/lunch", Some(10), &[("care", None)], &["care is an app"]);
        check_member("apps/lunch", Some(11), &[("care", None)], &["an app has rank 10", "care is an app"]);
        check_member("apps/lunch", Some(10), &[("testkit", None)], &["testkit is for tests"]);
        check_member("apps/lunch", Some(10), &[("testkit", Some("dev"))], &[]);
    }

    #[test]
    fn one_crate_links_the_engines() {
        check_member("apps/lunch", Some(10), &[("rusqlite", None)], &["rusqlite is linked by"]);
        check_member("apps/lunch", Some(10), &[("postgres", Some("dev"))], &["postgres is linked by"]);
    }

    #[test]
    fn versions_stand_in_the_root() {
        let good = "[dependencies]\nserde.workspace = true\ntokio = { workspace = true, features = [\"rt\"] }\n[package]\nversion = \"1\"\n";
        assert_eq!(versions_outside_the_workspace(good), Vec::<usize>::new());
        assert_eq!(versions_outside_the_workspace("[dev-dependencies]\nserde = \"1\"\n"), [2]);
        let tree =
            Tree { files: vec![Source::new("crates/ui/Cargo.toml", "[dependencies]\nserde = \"1\"\n")] };
        assert_eq!(check(&Value::Null, &tree).len(), 1);
    }
}
