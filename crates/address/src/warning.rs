//! What a reader of addresses could not be sure of, in the clerk's words (screens.md §11).
use std::fmt;

use crate::{PostalCode, Town};

/// A doubt about an address that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// Several municipalities have this name.
    ManyMunicipalities { typed: String, count: usize },
    /// 市町村合併: the old name was typed.
    Merged { old: &'static str, now: &'static str, since: &'static str },
    /// No town of this municipality; `near` may be meant, none of them is taken.
    UnknownTown { typed: String, near: Vec<&'static Town> },
    /// Another town has the name of the one that was taken (大字太子町 beside 太子町, a 通称).
    SameName { taken: String, near: Vec<&'static Town> },
    /// The 丁目 is missing or could also be the lot.
    ChomeUnclear { oaza: String, near: Vec<&'static Town> },
    /// The registry has no such 小字; the text is kept.
    UnknownKoaza { typed: String },
    /// The towns of this municipality are not carried.
    TownsNotCarried { municipality: &'static str },
    /// Something stands where the lot should.
    LotMissing { rest: String },
    /// 番 or 号 in a town that has 番地 only.
    NotByResidence { printed: String },
    /// The postal code belongs elsewhere.
    PostalCodeDiffers { typed: PostalCode, known: PostalCode },
}

impl Warning {
    /// Towns to offer.
    pub fn near(&self) -> &[&'static Town] {
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
            Self::TownsNotCarried { municipality } => {
                write!(out, "{municipality}の町の台帳はここにありません。町から先は入力のまま残します")
            }
            Self::LotMissing { rest } => write!(out, "「{rest}」の前に番地がありません"),
            Self::NotByResidence { printed } => write!(out, "この町は番地です。「{printed}」と書きます"),
            Self::PostalCodeDiffers { typed, known } => {
                write!(out, "〒{typed}はこの町の番号ではありません。この町は〒{known}です")
            }
        }
    }
}
