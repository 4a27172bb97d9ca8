//! `cargo xtask names --from DIR`: condenses the open data of the sample city (見本) into the compact
//! tables of `crates/sample/data`. Which letters and readings were in fashion when is an invented rule.
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

/// Reads the sources below `--from` and writes the tables; the result depends on the sources alone.
pub fn run(args: &[String]) -> Result<()> {
    let [flag, from] = args else { bail!("usage: cargo xtask names --from DIR") };
    if flag != "--from" {
        bail!("usage: cargo xtask names --from DIR");
    }
    let from = Path::new(from);
    let to = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/sample/data"));
    let read = |name: &str| {
        std::fs::read_to_string(from.join(name)).with_context(|| format!("{}", from.join(name).display()))
    };
    let tables = [
        ("family_names.tsv", family_names(&read("last_names.csv")?)?),
        ("first_names_male.tsv", first_names(&read("first_names_man.csv")?, &MALE)?),
        ("first_names_female.tsv", first_names(&read("first_names_woman.csv")?, &FEMALE)?),
        ("ages.tsv", columns(&read("model_age_fujioka_65000.csv")?, &[0, 1, 2, 3])?),
        ("households.tsv", households(&read("model_households.json")?)?),
        ("towns.tsv", towns(&read("model_town_weights.csv")?)?),
        ("municipalities.tsv", municipalities(&read("municipalities.csv")?)?),
    ];
    for (name, text) in tables {
        println!("{name}: {} rows", text.lines().count());
        std::fs::write(to.join(name), text).with_context(|| format!("writing {name}"))?;
    }
    Ok(())
}

/// The rows after the header, split at commas (none of these sources quotes).
fn rows(csv: &str) -> impl Iterator<Item = Vec<&str>> {
    csv.lines().skip(1).filter(|line| !line.is_empty()).map(|line| line.split(',').collect())
}

fn columns(csv: &str, wanted: &[usize]) -> Result<String> {
    let mut out = String::new();
    for row in rows(csv) {
        let cells: Option<Vec<&str>> = wanted.iter().map(|&column| row.get(column).copied()).collect();
        writeln!(out, "{}", cells.context("a column is missing")?.join("\t"))?;
    }
    Ok(out)
}

/// Family name, katakana, bearers in hundreds.
fn family_names(csv: &str) -> Result<String> {
    let mut out = String::new();
    for row in rows(csv) {
        let [kanji, bearers, hiragana, _] = row[..] else { bail!("family name with {} columns", row.len()) };
        writeln!(out, "{kanji}\t{}\t{}", katakana(hiragana), bearers.parse::<u32>()? / 100)?;
    }
    Ok(out)
}

fn katakana(hiragana: &str) -> String {
    let shift = |c: char| match c {
        'ぁ'..='ゖ' => char::from_u32(u32::from(c) + 0x60).expect("katakana lie 0x60 above hiragana"),
        _ => c,
    };
    hiragana.chars().map(shift).collect()
}

/// What was in fashion for one sex in the five bands of birth years:
/// to 1940, 1941–1960, 1961–1980, 1981–2000, from 2001.
struct Fashion {
    /// Letters of the names of each band.
    letters: [&'static str; 5],
    /// Endings of a reading and how much each band liked them; the first that fits counts.
    endings: &'static [(&'static str, [u32; 5])],
    /// For readings without such an ending.
    otherwise: [u32; 5],
    /// Readings that one band loved, at eight times the weight.
    loved: [&'static [&'static str]; 5],
}

const MALE: Fashion = Fashion {
    letters: [
        "一二三四五六郎吉治次蔵造松竹梅太夫男雄正清勇茂武三実進弘栄義金勝喜作助平之信貞忠千代重久利",
        "一二三郎夫男雄正清勇茂武実進弘義勝和昭博司隆明美光幸広孝敏弥国忠良治昇洋保繁功稔豊彦憲利",
        "一二郎夫雄正和浩博司隆明光幸広孝敏良治洋豊彦憲之健誠史学哲也樹介裕智秀行直仁剛淳徹聡修人",
        "一郎太大介翔健拓也直樹和亮達雄祐裕智哲平一輝貴之大輔史弘人斗悠佑将真翼駿佳優紀光希竜龍",
        "翔大太斗陽悠蓮蒼颯湊樹輝琉真優人生一希和心空晴朔律奏凛碧海朝結陸翼新朗仁蒼介佑瑛士",
    ],
    endings: &[
        ("ぞう", [8, 4, 1, 1, 1]),
        ("きち", [8, 3, 1, 0, 0]),
        ("お", [9, 12, 6, 1, 1]),
        ("じ", [8, 9, 7, 3, 1]),
        ("ろう", [9, 6, 4, 4, 4]),
        ("いち", [8, 8, 7, 5, 2]),
        ("し", [7, 9, 9, 4, 2]),
        ("る", [7, 9, 7, 3, 2]),
        ("ひこ", [4, 8, 8, 3, 1]),
        ("ゆき", [3, 7, 9, 6, 2]),
        ("ひろ", [2, 5, 9, 7, 3]),
        ("き", [2, 4, 8, 10, 9]),
        ("すけ", [3, 3, 6, 10, 8]),
        ("や", [1, 3, 8, 10, 5]),
        ("た", [1, 1, 3, 9, 12]),
        ("と", [1, 1, 3, 8, 14]),
        ("ま", [1, 1, 2, 8, 11]),
        ("せい", [1, 1, 2, 5, 8]),
    ],
    otherwise: [3, 4, 4, 4, 3],
    loved: [
        &["きよし", "まさお", "しげる", "いさむ", "いちろう", "さぶろう", "たけお", "ただし"],
        &["ひろし", "みのる", "いさむ", "かずお", "まさる", "すすむ", "しげる", "たかし", "おさむ"],
        &["ひろし", "たかし", "まこと", "けんいち", "あきら", "さとし", "けんじ", "ひろゆき", "てつや"],
        &["だいすけ", "たくや", "しょうた", "けんた", "なおき", "しょう", "たつや", "ゆうすけ"],
        &["はると", "ゆうと", "そうた", "みなと", "ひなた", "ゆいと", "はるき", "りくと", "あさひ", "そうま"],
    ],
};

const FEMALE: Fashion = Fashion {
    letters: [
        "子江代枝千文静和幸節久美恵智京敏洋良正光喜春秋キ八重八登志弥富貞定清君利栄澄須津",
        "子江代枝千文静和幸節久美恵智京敏洋良正光喜春秋弘紀美由悦順信礼洋郁典啓昌裕好眞公",
        "子美由紀香織理恵真直裕智江里佳奈加穂早弥生千晶明陽代枝優亜希有麻友紗緒沙祐典律礼玲",
        "美香織理恵真優奈愛菜里佳彩花沙希麻衣友千早由紀梨亜有子夏春未歩穂佐葉智絵津瞳",
        "愛結菜花咲陽葵莉彩音奈美優心桜凛乃希衣香羽帆里和紗梨七海月琴茉那実朱佳杏",
    ],
    endings: &[
        ("こ", [16, 16, 7, 2, 1]),
        ("よ", [10, 7, 3, 1, 1]),
        ("え", [10, 9, 7, 3, 1]),
        ("み", [3, 8, 12, 7, 3]),
        ("おり", [1, 2, 8, 7, 3]),
        ("り", [1, 2, 6, 9, 8]),
        ("か", [1, 2, 5, 9, 9]),
        ("な", [0, 1, 4, 9, 9]),
        ("い", [1, 1, 4, 9, 8]),
        ("き", [1, 2, 5, 7, 5]),
        ("ほ", [0, 0, 4, 8, 7]),
        ("の", [0, 0, 2, 5, 9]),
    ],
    otherwise: [1, 2, 4, 6, 6],
    loved: [
        &["かずこ", "きよこ", "ふみえ", "よしこ", "せつこ", "しずこ", "ひさこ", "きみえ"],
        &["けいこ", "よしこ", "かずこ", "ようこ", "のりこ", "くにこ", "えつこ", "せつこ"],
        &["ゆうこ", "ともこ", "なおみ", "めぐみ", "ひろみ", "くみこ", "さおり", "ともみ", "まゆみ"],
        &["あい", "まい", "かな", "えり", "さおり", "ちひろ", "しおり", "はるか", "まみ", "りさ"],
        &["ゆい", "さくら", "みお", "ことは", "ほのか", "あかり", "ひまり", "ゆいか", "おとは", "こころ"],
    ],
};

/// Spellings kept for a reading: the ones that fit the bands' letters best.
const SPELLINGS: usize = 6;

/// Name, katakana, weight in each of the five bands.
fn first_names(csv: &str, fashion: &Fashion) -> Result<String> {
    let mut out = String::new();
    for row in rows(csv) {
        let [hiragana, _, spellings] = row[..] else { bail!("first name with {} columns", row.len()) };
        let liked = reading_weights(hiragana, fashion);
        let mut kept: Vec<(u32, &str, [u32; 5])> = Vec::new();
        for spelling in spellings.split('|') {
            let weights = spelling_weights(spelling, fashion);
            kept.push((weights.iter().sum(), spelling, weights));
        }
        // The stable sort leaves equals in the source's order.
        kept.sort_by_key(|&(sum, ..)| std::cmp::Reverse(sum));
        for (_, spelling, weights) in kept.into_iter().take(SPELLINGS) {
            let cells: Vec<String> = (0..5).map(|band| (weights[band] * liked[band]).to_string()).collect();
            writeln!(out, "{spelling}\t{}\t{}", katakana(hiragana), cells.join("\t"))?;
        }
    }
    Ok(out)
}

fn reading_weights(reading: &str, fashion: &Fashion) -> [u32; 5] {
    let ending = fashion.endings.iter().find(|(ending, _)| reading.ends_with(ending));
    let mut weights = ending.map_or(fashion.otherwise, |&(_, weights)| weights);
    for (band, loved) in fashion.loved.iter().enumerate() {
        if loved.contains(&reading) {
            weights[band] = weights[band].max(4) * 8;
        }
    }
    weights
}

/// Where every letter belongs to the band 30 (7 for three letters or more); elsewhere 1, or 0 for long ones.
fn spelling_weights(spelling: &str, fashion: &Fashion) -> [u32; 5] {
    let short = spelling.chars().count() <= 2;
    let (fitting, other) = if short { (30, 1) } else { (7, 0) };
    fashion.letters.map(|letters| if spelling.chars().all(|c| letters.contains(c)) { fitting } else { other })
}

/// `kind, key, share in tenths of a percent` for the shares that the generator uses.
fn households(json: &str) -> Result<String> {
    let model: serde_json::Value = serde_json::from_str(json)?;
    let mut out = String::new();
    let mut share = |kind: &str, key: &str, value: &serde_json::Value| -> Result<()> {
        let thousandths = (value.as_f64().context("a share is a number")? * 1000.0).round();
        writeln!(out, "{kind}\t{key}\t{thousandths}").context("writing to a string")
    };
    for (kind, field) in [("size", "size_share"), ("type", "type_share")] {
        let shares = model[field].as_object().with_context(|| format!("{field} is missing"))?;
        for (key, value) in shares {
            share(kind, key, value)?;
        }
    }
    for (key, field) in
        [("foreign", "foreign_resident_share"), ("split", "register_split_households_same_address_share")]
    {
        share("rate", key, &model[field])?;
    }
    Ok(out)
}

/// 町字ID, town, weight in hundred-thousandths.
fn towns(csv: &str) -> Result<String> {
    let mut out = String::new();
    for row in rows(csv) {
        let [id, town, weight] = row[..] else { bail!("town with {} columns", row.len()) };
        writeln!(out, "{id}\t{town}\t{}", (weight.parse::<f64>()? * 100_000.0).round())?;
    }
    Ok(out)
}

/// Where people of the sample city came from, by JIS code, with invented weights; every other
/// municipality of Gunma weighs 2.
const ORIGINS: &[(&str, u32)] = &[
    ("10202", 300),
    ("10201", 120),
    ("10204", 90),
    ("10205", 40),
    ("10210", 40),
    ("10464", 40),
    ("10384", 20),
    ("10211", 20),
    ("11211", 80),
    ("11218", 40),
    ("11202", 40),
    ("11385", 40),
    ("11381", 20),
    ("11100", 20),
    ("11201", 20),
    ("13104", 15),
    ("13112", 20),
    ("13120", 20),
    ("13201", 20),
    ("14131", 15),
    ("14150", 15),
    ("12204", 15),
    ("09201", 15),
    ("20201", 10),
    ("20217", 10),
    ("15202", 10),
    ("07203", 10),
    ("04101", 10),
    ("23106", 10),
    ("27127", 10),
    ("40133", 5),
    ("01101", 5),
    ("47201", 5),
];

/// 団体コード (six digits), prefecture, municipality, weight.
fn municipalities(csv: &str) -> Result<String> {
    let mut out = String::new();
    for row in rows(csv) {
        let [jis, code, prefecture, city, ..] = row[..] else { bail!("short municipality row") };
        let named = ORIGINS.iter().find(|(origin, _)| *origin == jis).map(|&(_, weight)| weight);
        let weight = named.or_else(|| (prefecture == "群馬県" && jis != "10209").then_some(2));
        if let Some(weight) = weight {
            writeln!(out, "{code}\t{prefecture}\t{city}\t{weight}")?;
        }
    }
    Ok(out)
}
