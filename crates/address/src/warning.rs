//! What a reader of addresses could not be sure of, in the clerk's words (screens.md §11).
use std::fmt;

use crate::{Place, PostalCode};

/// A doubt about an address that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// Several municipalities have this name.
    ManyMunicipalities { typed: String, count: usize },
    /// 市町村合併: the old name was typed.
    Merged { old: &'static str, now: &'static str, since: &'static str },
    /// No town of this municipality; `near` may be meant, none of them is taken.
    UnknownTown { typed: String, near: Vec<&'static Place> },
    /// Another town has the name of the one that was taken (大字太子町 beside 太子町, a 通称).
    SameName { taken: String, near: Vec<&'static Place> },
    /// The 丁目 is missing or could also be the lot.
    ChomeUnclear { oaza: String, near: Vec<&'static Place> },
    /// The registry has no such 小字; the text is kept.
    UnknownKoaza { typed: String },
    /// The town was found although it was written otherwise (虎門 for 虎ノ門).
    WrittenOtherwise { typed: String, taken: String },
    /// The municipality was not written; one town of this name was found.
    MunicipalityFound { municipality: String },
    /// Towns with 丁目 only, and none was written.
    ChomeMissing { oaza: String },
    /// The table has no such 丁目 here.
    UnknownChome { typed: String },
    /// Something stands where the lot should.
    LotMissing { rest: String },
    /// 番 or 号 in a town that has 番地 only.
    NotByResidence { printed: String },
    /// The postal code belongs elsewhere.
    PostalCodeDiffers { typed: PostalCode, known: PostalCode },
}

impl Warning {
    /// Towns to offer.
    pub fn near(&self) -> &[&'static Place] {
        match self {
            Self::UnknownTown { near, .. }
            | Self::ChomeUnclear { near, .. }
            | Self::SameName { near, .. } => near,
            _ => &[],
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ManyMunicipalities { typed, count } => {
                write!(out, "「{typed}」は全国に{count}つあります。都道府県から入力すると決まります")
            }
            Self::Merged { old, now, since } => write!(out, "{old}は{since}に{now}になりました"),
            Self::UnknownTown { typed, near } if near.is_empty() => {
                write!(out, "「{typed}」という町が見つかりません。読みや郵便番号でもさがせます")
            }
            Self::UnknownTown { typed, near } => {
                write!(out, "「{typed}」に近い町が{}つあります。下から選べます", near.len())
            }
            Self::SameName { taken, .. } => {
                write!(out, "{taken}として読みました。同じ名前の町や小字がほかにもあります。下から選べます")
            }
            Self::ChomeUnclear { oaza, .. } => write!(out, "{oaza}には丁目があります。下から選べます"),
            Self::UnknownKoaza { typed } => write!(out, "字「{typed}」は台帳にありません。このまま残します"),
            Self::WrittenOtherwise { typed, taken } => write!(out, "「{typed}」を{taken}として読みました"),
            Self::MunicipalityFound { municipality } => {
                write!(out, "市区町村の名前が読めないので町の名前からさがし、{municipality}として読みました")
            }
            Self::ChomeMissing { oaza } => {
                write!(out, "{oaza}には丁目があります。丁目のない番地として読みました")
            }
            Self::UnknownChome { typed } => {
                write!(out, "「{typed}」は町の一覧にありません。入力のまま読みました")
            }
            Self::LotMissing { rest } => write!(out, "「{rest}」の前に番地がありません"),
            Self::NotByResidence { printed } => write!(out, "この町は番地です。「{printed}」と書きます"),
            Self::PostalCodeDiffers { typed, known } => {
                write!(out, "〒{typed}はこの町の番号ではありません。この町は〒{known}です")
            }
        }
    }
}
