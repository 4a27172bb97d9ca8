//! `check person-no`: 宛名番号, nine digits and a check digit by modulus 11 [STD 1.1.13]. Never echoed.
use std::io;

use base::{PersonNo, check_digit_m11_w2_7};

use super::Report;
use super::digits::Digits;
use super::line::{self, Hidden};

const NAME: &str = "宛名番号";

pub fn check(content: &[u8], report: &mut Report) -> io::Result<()> {
    line::each(content, &[NAME, "person_no"], report, |text| judge(text).into())
}

fn judge(text: &str) -> Result<Hidden, String> {
    let digits = Digits::read(text, NAME, 10)?.counted(10)?;
    if PersonNo::parse(&digits.text).is_ok() {
        return Ok(Hidden {});
    }
    let serial = &digits.text[..9];
    if serial == "000000000" || check_digit_m11_w2_7(serial).is_none() {
        return Err(
            "はじめの9桁が、宛名番号として出されることのない番号です。元の書類と1桁ずつ見くらべてください"
                .to_owned(),
        );
    }
    Err(digits.check_digit_wrong(9))
}
