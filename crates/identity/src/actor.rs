//! Who acts: an account with the section and the roles of its posts on the day.
use base::{Id, MunicipalityId};

/// An account (利用者) of a municipality's staff.
pub enum AccountKind {}
pub type AccountId = Id<AccountKind>;

/// A section of the city hall (課・係), as the operation log names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The city's own code, for example "0120".
    pub code: String,
    /// 「市民課」.
    pub name: String,
}

/// The operator (操作者) of a request. Taken anew for each request, so that a post that ended no longer counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    pub municipality: MunicipalityId,
    pub account: AccountId,
    /// The display name (氏名), never the sign-in name.
    pub name: String,
    pub section: Section,
    /// Keys of [`crate::Role`]s, each once.
    pub roles: Vec<String>,
}

impl Actor {
    /// Followers and jobs: nobody's account and no role, so that a policy allows it nothing.
    pub fn system(municipality: MunicipalityId) -> Self {
        let section = Section { code: "system".to_owned(), name: "システム".to_owned() };
        Self {
            municipality,
            account: AccountId::new(0),
            name: "自動処理".to_owned(),
            section,
            roles: Vec::new(),
        }
    }
}
