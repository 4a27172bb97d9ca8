//! What the offices give out. One list, so that a release names a paper that exists; an app adds its own here.

/// A paper, or another way in which an office tells of a person. Named by its key: a release for one says nothing of
/// another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Document {
    /// 「tax_certificate」; stored with releases, so never renamed.
    pub key: &'static str,
    /// 「納税証明書」, as the log names it.
    pub title: &'static str,
}

const fn document(key: &'static str, title: &'static str) -> Document {
    Document { key, title }
}

pub const RESIDENT_COPY: Document = document("resident_copy", "住民票の写し");
pub const RESIDENT_NOTICE: Document = document("resident_notice", "お知らせの手紙");
pub const TAX_CERTIFICATE: Document = document("tax_certificate", "納税証明書");
pub const INCOME_CERTIFICATE: Document = document("income_certificate", "所得課税証明書");
pub const INSURANCE_CONFIRMATION: Document = document("insurance_confirmation", "国民健康保険 資格確認書");
pub const LATE_ELDERLY_CONFIRMATION: Document =
    document("late_elderly_confirmation", "後期高齢者医療 資格確認書");
pub const CHILD_ALLOWANCE_CERTIFICATE: Document =
    document("child_allowance_certificate", "児童手当 受給証明書");
pub const SCHOOL_NOTICE: Document = document("school_notice", "就学通知書");
pub const VACCINATION_CERTIFICATE: Document = document("vaccination_certificate", "予防接種済証");
pub const ELECTORAL_CERTIFICATE: Document = document("electoral_certificate", "選挙人名簿登録証明書");

/// Every document that can be released.
pub const DOCUMENTS: &[Document] = &[
    RESIDENT_COPY,
    RESIDENT_NOTICE,
    TAX_CERTIFICATE,
    INCOME_CERTIFICATE,
    INSURANCE_CONFIRMATION,
    LATE_ELDERLY_CONFIRMATION,
    CHILD_ALLOWANCE_CERTIFICATE,
    SCHOOL_NOTICE,
    VACCINATION_CERTIFICATE,
    ELECTORAL_CERTIFICATE,
];
