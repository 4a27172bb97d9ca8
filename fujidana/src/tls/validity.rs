//! From when until when a certificate counts: the one thing that we read of X.509 ourselves (RFC 5280 §4.1.2.5).
//! Whether it is trusted, browsers decide.
use base::{At, Date};

/// DER tags of what stands before and in the validity.
const SEQUENCE: u8 = 0x30;
const VERSION: u8 = 0xA0;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;

/// The first and the last instant of a certificate in DER. `None`: it is not in the form of RFC 5280.
pub fn validity(der: &[u8]) -> Option<(At, At)> {
    let (certificate, _) = element(der, SEQUENCE)?;
    let (mut rest, _) = element(certificate, SEQUENCE)?;
    if let Some((_, after)) = element(rest, VERSION) {
        rest = after;
    }
    // Serial number, algorithm, issuer.
    for _ in 0..3 {
        (_, _, rest) = any(rest)?;
    }
    let (validity, _) = element(rest, SEQUENCE)?;
    let (tag, from, rest) = any(validity)?;
    let (last_tag, to, _) = any(rest)?;
    Some((instant(tag, from)?, instant(last_tag, to)?))
}

/// The content of an element with this tag, and what follows it.
fn element(der: &[u8], wanted: u8) -> Option<(&[u8], &[u8])> {
    any(der).and_then(|(tag, content, rest)| (tag == wanted).then_some((content, rest)))
}

/// Tag, content, rest. Certificates have neither tags of many bytes nor open lengths.
fn any(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[tag, first], rest) = der.split_first_chunk()?;
    let (length, rest) = match first {
        short @ 0..=0x7F => (usize::from(short), rest),
        long @ 0x81..=0x84 => {
            let (bytes, rest) = rest.split_at_checked(usize::from(long - 0x80))?;
            (bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

/// `YYMMDDHHMMSSZ` (years 1950 to 2049) or `YYYYMMDDHHMMSSZ`.
fn instant(tag: u8, text: &[u8]) -> Option<At> {
    let digits = text.strip_suffix(b"Z")?;
    let (year, rest) = match (tag, digits.len()) {
        (UTC_TIME, 12) => {
            let (year, rest) = digits.split_at(2);
            let short = number(year)?;
            (if short < 50 { 2000 + short } else { 1900 + short }, rest)
        }
        (GENERALIZED_TIME, 14) => {
            let (year, rest) = digits.split_at(4);
            (number(year)?, rest)
        }
        _ => return None,
    };
    let mut parts = [0i8; 5];
    for (part, digits) in parts.iter_mut().zip(rest.chunks_exact(2)) {
        *part = i8::try_from(number(digits)?).ok()?;
    }
    let [month, day, hour, minute, second] = parts;
    let day = Date::new(year, month, day).ok()?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let seconds = (i64::from(hour) * 60 + i64::from(minute)) * 60 + i64::from(second);
    // Midnight in Japan is 15:00 of the day before in UTC. 「9999年」 means without an end (§4.1.2.5): its last hours
    // would be a year 10000 in Japan, which no calendar here has.
    let seconds = seconds + 9 * 3600;
    let end = At::midnight(Date::MAX);
    Some(At::midnight(day).plus_seconds(seconds).min(end))
}

fn number(digits: &[u8]) -> Option<i16> {
    let digits = digits.iter().map(|digit| digit.is_ascii_digit().then(|| i16::from(digit - b'0')));
    digits.into_iter().try_fold(0, |sum, digit| Some(sum * 10 + digit?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(tag: u8, text: &str, expected: Option<&str>) {
        let read = instant(tag, text.as_bytes()).map(|at| at.to_string());
        assert_eq!(read.as_deref(), expected, "{text}");
    }

    #[test]
    fn an_instant_is_read_in_both_forms() {
        check(UTC_TIME, "261124003000Z", Some("2026-11-24 09:30"));
        check(UTC_TIME, "491231150000Z", Some("2050-01-01 00:00"));
        check(UTC_TIME, "500101000000Z", Some("1950-01-01 09:00"));
        check(GENERALIZED_TIME, "20500101000000Z", Some("2050-01-01 09:00"));
        check(GENERALIZED_TIME, "99991231235959Z", Some("9999-12-31 00:00"));
        check(UTC_TIME, "20500101000000Z", None);
        check(UTC_TIME, "261124003000", None);
        check(UTC_TIME, "261324003000Z", None);
        check(UTC_TIME, "260230003000Z", None);
        check(UTC_TIME, "261124243000Z", None);
        check(UTC_TIME, "26112400300+Z", None);
        check(0x0C, "261124003000Z", None);
    }

    /// Nothing that is cut off or of a wrong length is read beyond its end.
    #[test]
    fn what_is_no_certificate_has_no_validity() {
        let times = [&[UTC_TIME, 13][..], b"261124003000Z", &[UTC_TIME, 13], b"271124003000Z"].concat();
        let wrap = |content: &[u8]| {
            [&[SEQUENCE, 0x81, u8::try_from(content.len()).expect("short")], content].concat()
        };
        let before = [2, 1, 7, SEQUENCE, 0, SEQUENCE, 0];
        let whole = wrap(&wrap(&[&[VERSION, 3, 2, 1, 2][..], &before, &wrap(&times)].concat()));
        let read = validity(&whole).map(|(from, to)| (from.to_string(), to.to_string()));
        assert_eq!(read, Some(("2026-11-24 09:30".to_owned(), "2027-11-24 09:30".to_owned())));
        let first = wrap(&wrap(&[&before[..], &wrap(&times)].concat()));
        assert!(validity(&first).is_some(), "version 1 says no version");
        for length in 0..whole.len() {
            assert_eq!(validity(&whole[..length]), None, "{length} bytes");
        }
        for (place, byte) in [(0, 0x31), (1, 0x80), (1, 0x85), (2, 0xFF)] {
            let mut changed = whole.clone();
            changed[place] = byte;
            assert_eq!(validity(&changed), None, "{byte:02x} at {place}");
        }
    }
}
