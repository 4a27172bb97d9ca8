//! QR code as squares, which the prelude's `qr(…)` draws as vectors: never a scaled picture.
use qrcodegen::{QrCode, QrCodeEcc};
use serde::Serialize;

/// The squares of a QR code, rows from the top, 「1」 dark and 「0」 light. Goes into a template's data as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Qr(Vec<String>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("QRコードには長すぎます")]
pub struct QrTooLong;

impl Qr {
    /// Readable with 15 % of it damaged (誤り訂正 M): a seal may touch it.
    ///
    /// # Errors
    /// [`QrTooLong`] for more than 2,331 bytes.
    pub fn of(text: &str) -> Result<Self, QrTooLong> {
        let code = QrCode::encode_text(text, QrCodeEcc::Medium).map_err(|_| QrTooLong)?;
        let size = code.size();
        let square = |x, y| if code.get_module(x, y) { '1' } else { '0' };
        Ok(Self((0..size).map(|y| (0..size).map(|x| square(x, y)).collect()).collect()))
    }
    pub fn rows(&self) -> &[String] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn has_the_three_finders_and_an_end() {
        let code = Qr::of("https://example.jp/c/0123-4567").expect("short");
        let rows = code.rows();
        let size = rows.len();
        assert!((21..=177).contains(&size) && rows.iter().all(|row| row.len() == size));
        assert!(rows[0].starts_with("1111111") && rows[0].ends_with("1111111"));
        assert!(rows[size - 1].starts_with("1111111"));
        assert_eq!(Qr::of(&"あ".repeat(1000)), Err(QrTooLong));
    }
}
