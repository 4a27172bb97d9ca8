//! Embeds the fonts of papers, unmodified: Noto from the packages of assets/package.json, IPAmj明朝 where the system
//! has it. Without them the program still builds and says so; setting a paper then fails with the font's name.
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

const NOTO: &[&str] = &[
    "noto-sans-jp/400Regular/NotoSansJP_400Regular.ttf",
    "noto-sans-jp/700Bold/NotoSansJP_700Bold.ttf",
    "noto-serif-jp/400Regular/NotoSerifJP_400Regular.ttf",
    "noto-serif-jp/700Bold/NotoSerifJP_700Bold.ttf",
];
const MOJI: &[&str] =
    &["/usr/share/fonts/truetype/ipamj/ipamjm.ttf", "/usr/share/fonts/opentype/ipamj/ipamjm.ttf"];

fn main() {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets it"));
    let packages = root.join("../../assets/node_modules/@expo-google-fonts");
    println!("cargo:rerun-if-changed={}", packages.display());
    let mut files: Vec<PathBuf> = NOTO.iter().map(|name| packages.join(name)).collect();
    files.push(PathBuf::from(MOJI.iter().find(|path| Path::new(path).exists()).unwrap_or(&MOJI[0])));
    let mut table = String::from("static EMBEDDED: &[&[u8]] = &[\n");
    for file in files {
        if file.exists() {
            writeln!(table, "    include_bytes!({:?}),", file.display().to_string())
                .expect("a String takes everything");
        } else {
            println!(
                "cargo:warning={} is missing: no paper can be set with it. Run `make setup assets`.",
                file.display()
            );
        }
    }
    table.push_str("];\n");
    let out = Path::new(&env::var("OUT_DIR").expect("cargo sets it")).join("fonts.rs");
    fs::write(out, table).expect("the output folder can be written");
}
