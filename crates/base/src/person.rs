//! Facts about a person that every office shares.
use std::fmt;

/// 性別 as the register holds it (住民基本台帳法 art. 7). A blank one is `Option<Sex>`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sex {
    Male,
    Female,
}

impl Sex {
    /// As stored: `M` or `F`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Male => "M",
            Self::Female => "F",
        }
    }
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "M" => Some(Self::Male),
            "F" => Some(Self::Female),
            _ => None,
        }
    }
    /// As typed or found in files: 男, 女性, M, ｆ, or the digits 1 and 2 of older layouts.
    pub fn parse(text: &str) -> Option<Self> {
        match crate::half_width(text).trim().to_ascii_uppercase().as_str() {
            "男" | "男性" | "M" | "MALE" | "1" => Some(Self::Male),
            "女" | "女性" | "F" | "FEMALE" | "2" => Some(Self::Female),
            _ => None,
        }
    }
}

impl fmt::Display for Sex {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Male => "男",
            Self::Female => "女",
        })
    }
}

impl serde::Serialize for Sex {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}
impl<'de> serde::Deserialize<'de> for Sex {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = std::borrow::Cow::<str>::deserialize(deserializer)?;
        Self::from_code(&code).ok_or_else(|| serde::de::Error::custom("sex is M or F"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_is_typed() {
        for (text, sex) in [
            ("男", Some(Sex::Male)),
            (" 女性 ", Some(Sex::Female)),
            ("Ｍ", Some(Sex::Male)),
            ("f", Some(Sex::Female)),
            ("１", Some(Sex::Male)),
            ("", None),
            ("不明", None),
        ] {
            assert_eq!(Sex::parse(text), sex, "{text}");
        }
    }

    #[test]
    fn code_round_trips() {
        for sex in [Sex::Male, Sex::Female] {
            assert_eq!(Sex::from_code(sex.code()), Some(sex));
            let json = serde_json::to_string(&sex).unwrap();
            assert_eq!(serde_json::from_str::<Sex>(&json).unwrap(), sex);
        }
    }
}
