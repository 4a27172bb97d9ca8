//! 一括のお知らせ: a letter to each of many persons, set in parts for the printer (residents.md §9).
//!
//! A part and the state of its letters are one transaction: a stop at any moment leaves no letter twice and none out. A
//! person shielded by a 支援措置 gets no letter this way; how many that are is told to who is responsible alone.
pub(crate) mod acts;
mod batch;
mod page;
mod run;

use base::Id;
use identity::Action::{Create, List, Read};
use paper::Template;
use serde_json::{Value, json};
use web::{Need, Routes};

pub use run::start;

pub(crate) enum BatchKind {}
pub(crate) type BatchId = Id<BatchKind>;

pub(crate) const LETTERS: &str = "resident_letters";

const TEMPLATE: &str = "residents/notice";

pub(crate) fn routes(routes: Routes) -> Routes {
    routes
        .get("/letters", Need::Right(List, LETTERS), page::list)
        .post("/letters", Need::Right(Create, LETTERS), page::make)
        .get("/letters/{batch}", Need::Right(Read, LETTERS), page::show)
        .get("/letters/{batch}/parts/{part}", Need::Right(Read, LETTERS), page::part)
        .post("/letters/{batch}/parts/{part}/renewal", Need::Right(Create, LETTERS), page::renew)
}

/// お知らせ, for a 窓あき封筒.
#[paper::linkme::distributed_slice(paper::TEMPLATES)]
#[linkme(crate = paper::linkme)]
static NOTICE: Template = Template {
    name: TEMPLATE,
    title: "お知らせ",
    source: include_str!("../paper/notice.typ"),
    sample,
    archive: false,
};

fn sample() -> Value {
    json!({
        "sample": true,
        "address": {
            "postal_code": "3750024",
            "lines": ["群馬県藤岡市藤岡1485番地", "ふじだなハイツ101号"],
            "name": "見本　棚子", "honorific": "様", "note": "宛名番号 00000000018",
        },
        "issued": "令和8年11月24日",
        "city": "藤岡市",
        "office": "市民課",
        "title": "マイナンバーカードの更新のお知らせ",
        "paragraphs": ["カードの有効期限が近づいています。", "窓口かオンラインで更新の手続きができます。"],
        "contact": "市民課　0274-00-0000",
    })
}
