//! 市町村合併: municipalities that are no more, with what they became and since when. Their old names stay enterable
//! (本籍, old papers).
//!
//! Known are all mergers of 群馬県 since the 平成 reform began (総務省 市町村合併資料) and the 区 of 浜松市. Elsewhere an
//! address is still read by its town where the prefecture has one town of that name, because most
//! merged municipalities live on in the names of their towns (安中市松井田町横川).

/// A municipality that merged into others.
#[derive(Debug)]
pub(crate) struct Merged {
    /// With its 郡.
    pub(crate) old: &'static str,
    pub(crate) prefecture: &'static str,
    /// 市区町村 of the same prefecture; more than one where it was divided.
    pub(crate) into: &'static [&'static str],
    /// 和暦 as printed.
    pub(crate) since: &'static str,
}

const fn gunma(old: &'static str, into: &'static [&'static str], since: &'static str) -> Merged {
    Merged { old, prefecture: "群馬県", into, since }
}

const fn hamamatsu(old: &'static str, into: &'static [&'static str]) -> Merged {
    Merged { old, prefecture: "静岡県", into, since: "令和6年1月1日" }
}

pub(crate) const MERGED: &[Merged] = &[
    gunma("多野郡鬼石町", &["藤岡市"], "平成18年1月1日"),
    gunma("多野郡新町", &["高崎市"], "平成18年1月23日"),
    gunma("多野郡吉井町", &["高崎市"], "平成21年6月1日"),
    gunma("群馬郡群馬町", &["高崎市"], "平成18年1月23日"),
    gunma("群馬郡箕郷町", &["高崎市"], "平成18年1月23日"),
    gunma("群馬郡倉渕村", &["高崎市"], "平成18年1月23日"),
    gunma("群馬郡榛名町", &["高崎市"], "平成18年10月1日"),
    gunma("勢多郡大胡町", &["前橋市"], "平成16年12月5日"),
    gunma("勢多郡宮城村", &["前橋市"], "平成16年12月5日"),
    gunma("勢多郡粕川村", &["前橋市"], "平成16年12月5日"),
    gunma("勢多郡富士見村", &["前橋市"], "平成21年5月5日"),
    gunma("佐波郡赤堀町", &["伊勢崎市"], "平成17年1月1日"),
    gunma("佐波郡東村", &["伊勢崎市"], "平成17年1月1日"),
    gunma("佐波郡境町", &["伊勢崎市"], "平成17年1月1日"),
    gunma("新田郡尾島町", &["太田市"], "平成17年3月28日"),
    gunma("新田郡新田町", &["太田市"], "平成17年3月28日"),
    gunma("新田郡藪塚本町", &["太田市"], "平成17年3月28日"),
    gunma("勢多郡新里村", &["桐生市"], "平成17年6月13日"),
    gunma("勢多郡黒保根村", &["桐生市"], "平成17年6月13日"),
    gunma("利根郡白沢村", &["沼田市"], "平成17年2月13日"),
    gunma("利根郡利根村", &["沼田市"], "平成17年2月13日"),
    gunma("北群馬郡伊香保町", &["渋川市"], "平成18年2月20日"),
    gunma("北群馬郡小野上村", &["渋川市"], "平成18年2月20日"),
    gunma("北群馬郡子持村", &["渋川市"], "平成18年2月20日"),
    gunma("勢多郡赤城村", &["渋川市"], "平成18年2月20日"),
    gunma("勢多郡北橘村", &["渋川市"], "平成18年2月20日"),
    gunma("碓氷郡松井田町", &["安中市"], "平成18年3月18日"),
    gunma("甘楽郡妙義町", &["富岡市"], "平成18年3月27日"),
    gunma("新田郡笠懸町", &["みどり市"], "平成18年3月27日"),
    gunma("山田郡大間々町", &["みどり市"], "平成18年3月27日"),
    gunma("勢多郡東村", &["みどり市"], "平成18年3月27日"),
    gunma("吾妻郡吾妻町", &["吾妻郡東吾妻町"], "平成18年3月27日"),
    gunma("吾妻郡東村", &["吾妻郡東吾妻町"], "平成18年3月27日"),
    gunma("吾妻郡六合村", &["吾妻郡中之条町"], "平成22年3月28日"),
    gunma("多野郡万場町", &["多野郡神流町"], "平成15年4月1日"),
    gunma("多野郡中里村", &["多野郡神流町"], "平成15年4月1日"),
    gunma("利根郡月夜野町", &["利根郡みなかみ町"], "平成17年10月1日"),
    gunma("利根郡水上町", &["利根郡みなかみ町"], "平成17年10月1日"),
    gunma("利根郡新治村", &["利根郡みなかみ町"], "平成17年10月1日"),
    hamamatsu("浜松市中区", &["浜松市中央区"]),
    hamamatsu("浜松市東区", &["浜松市中央区"]),
    hamamatsu("浜松市西区", &["浜松市中央区"]),
    hamamatsu("浜松市南区", &["浜松市中央区"]),
    hamamatsu("浜松市北区", &["浜松市中央区", "浜松市浜名区"]),
    hamamatsu("浜松市浜北区", &["浜松市浜名区"]),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::municipalities;

    #[test]
    fn what_they_became_is_there() {
        for old in MERGED {
            let known = |name| {
                municipalities().iter().any(|one| one.prefecture == old.prefecture && one.name == name)
            };
            assert!(old.into.iter().all(|&name| known(name)) && !known(old.old), "{}", old.old);
        }
    }
}
