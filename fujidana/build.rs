//! Embeds what `node assets/build.mjs` made. Without it (no npm at hand) the program still builds and says so.
use std::fmt::Write;
use std::path::Path;
use std::{env, fs};

fn main() {
    let dist = Path::new(&env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("../assets/dist");
    let manifest = dist.join("manifest.json");
    println!("cargo:rerun-if-changed={}", manifest.display());
    let text = fs::read_to_string(&manifest).unwrap_or_else(|_| {
        println!("cargo:warning=assets/dist is missing: the pages will have no style. Run `make assets`.");
        "{}".to_owned()
    });
    let mut table = String::from("pub static EMBEDDED: &[(&str, &str, &[u8])] = &[\n");
    for (logical, hashed) in entries(&text) {
        let path = dist.join(hashed);
        writeln!(table, "    ({logical:?}, {hashed:?}, include_bytes!({:?})),", path.display().to_string())
            .expect("a String takes everything");
    }
    table.push_str("];\n");
    let out = Path::new(&env::var("OUT_DIR").expect("cargo sets it")).join("embedded.rs");
    fs::write(out, table).expect("the output folder can be written");
}

/// The pairs of a flat JSON object of plain names: `"a": "b"`.
fn entries(text: &str) -> Vec<(&str, &str)> {
    let quoted: Vec<&str> = text.split('"').skip(1).step_by(2).collect();
    quoted.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()
}
