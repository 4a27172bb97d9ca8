//! What can go wrong with a copy. Operators read these.
use thiserror::Error;
use vault::Unopenable;

#[derive(Debug, Error)]
pub enum BackupError {
    #[error("写しの置き場 {place} を使えません: {reason}")]
    Target { place: String, reason: String },
    #[error("写しの {name} が開きません。{why}")]
    Sealed { name: String, why: Unopenable },
    #[error("写しの {name} の中身が壊れています")]
    Damaged { name: String },
    #[error("写しの {name} がありません。--at でそれより前の時点に戻せます")]
    Missing { name: String },
    #[error("{place} に、戻せる写しがありません")]
    Nothing { place: String },
    #[error("ファイル {place} を使えません: {reason}")]
    File { place: String, reason: String },
    #[error("表 {table} の行数が違います（写し {copied}、いま {found}）")]
    Counts { table: String, copied: i64, found: i64 },
    #[error("写しの置き場の書き方が違います: {0}")]
    Address(String),
    #[error("{0} がまだ届いていません。置き場がこたえているか、確かめられます")]
    Late(String),
    #[error("{tool} が失敗しました: {reason}")]
    Tool { tool: &'static str, reason: String },
    #[error("PostgreSQL の変更を続けて写せないので、全体を時々書き出しています。{0}")]
    Lacking(String),
    #[error(transparent)]
    Db(#[from] db::DbError),
}

impl BackupError {
    pub(crate) fn file(path: &std::path::Path, error: &std::io::Error) -> Self {
        Self::File { place: path.display().to_string(), reason: error.to_string() }
    }
}
