//! `check my-number`: 個人番号, twelve digits with a check digit (番号法総務省令85号 art. 5). Never echoed.
use std::io;

use base::MyNumber;

use super::Report;
use super::digits::Digits;
use super::line::{self, Hidden};

const NAME: &str = "個人番号";

pub fn check(content: &[u8], report: &mut Report) -> io::Result<()> {
    line::each(content, &[NAME, "マイナンバー", "my_number"], report, |text| judge(text).into())
}

fn judge(text: &str) -> Result<Hidden, String> {
    let digits = Digits::read(text, NAME, 12)?.counted(12)?;
    MyNumber::parse(&digits.text).map(|_| Hidden {}).map_err(|_| digits.check_digit_wrong(11))
}
