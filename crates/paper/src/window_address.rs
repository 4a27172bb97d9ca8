//! 窓あき封筒 (window envelope).
use serde::Serialize;

/// Who a letter is for, as it shows through the window of a 長形3号 envelope when the A4 sheet is folded in three.
///
/// The prelude's `letter(address, body)` sets it 22 mm from the left and 16 mm from the top edge in 84 mm × 38 mm, which leaves 3 mm to
/// each edge of the common window of 90 mm × 45 mm [GK; a city's own envelope is a change of its `prelude.typ`].
#[derive(Clone, Serialize)]
pub struct WindowAddress {
    /// Seven digits; printed 「〒375-0024」.
    pub postal_code: Option<String>,
    /// 住所 with 方書, a line each.
    pub lines: Vec<String>,
    /// 氏名, as registered.
    pub name: String,
    /// 「様」, 「御中」
    pub honorific: &'static str,
    /// Under the name, small: 「（保護者の方へ）」, a 宛名番号 or a tracking number.
    pub note: Option<String>,
}
