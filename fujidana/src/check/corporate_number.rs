//! `check corporate-number`: 法人番号, thirteen digits, the first a check digit from 1 to 9; the 適格請求書 number with its
//! T is one, too. Never echoed.
use std::io;

use base::CorporateNumber;

use super::Report;
use super::digits::Digits;
use super::line::{self, Hidden};

const NAME: &str = "法人番号";

pub fn check(content: &[u8], report: &mut Report) -> io::Result<()> {
    let columns = [NAME, "登録番号", "適格請求書発行事業者登録番号", "corporate_number"];
    line::each(content, &columns, report, |text| judge(text).into())
}

fn judge(text: &str) -> Result<Hidden, String> {
    // The T gives its place to a space, so that places stay.
    let begins = text.trim_start().starts_with(['T', 't', 'Ｔ', 'ｔ']);
    let plain = if begins { text.replacen(['T', 't', 'Ｔ', 'ｔ'], " ", 1) } else { text.to_owned() };
    let digits = Digits::read(&plain, NAME, 13)?.counted(13)?;
    CorporateNumber::parse(&digits.text).map(|_| Hidden {}).map_err(|_| digits.check_digit_wrong(0))
}
