//! Accounts, sign-in and access records, on both engines.
mod access;
mod accounts;
mod external;
mod fresh;
mod known;
mod own_account;
mod passkeys;
mod sign_in;
mod throttling;

use std::sync::OnceLock;

use base::Date;
use db::{DbError, Store, Tx};
use identity::{
    AccountId, Attempt, NewAccount, NewPost, NewSession, Refusal, Section, password, session, totp,
};
use testkit::{FUJIOKA, MORNING};

/// 2026-11-24, the day of [`MORNING`].
const TODAY: Date = day(2026, 11, 24);
const PASSWORD: &str = "見本のあいことば";
const CLIENT: &str = "192.0.2.7";

const fn day(year: i16, month: i8, day: i8) -> Date {
    Date::constant(year, month, day)
}

fn run<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(future)
}

fn write<T: Send + 'static>(
    store: &Store,
    closure: impl Fn(&mut Tx<'_>) -> Result<T, DbError> + Send + 'static,
) -> T {
    store.write_blocking(FUJIOKA, closure).expect("writes")
}

/// Of every test: no real secret is under them.
fn keys() -> vault::Keys {
    vault::Keys::open(&std::env::temp_dir().join("fujidana-test-keys")).expect("keys")
}

fn hash() -> String {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| password::hash(PASSWORD)).clone()
}

fn new_account(name: &str) -> NewAccount {
    NewAccount {
        sign_in_name: name.to_owned(),
        display_name: "見本 花子".to_owned(),
        password_hash: hash(),
        totp_secret: totp::sample_secret(name),
        sample: true,
    }
}

/// An account of 市民課 with the role of a clerk since April.
fn add_clerk(store: &Store, name: &'static str) -> AccountId {
    let new = new_account(name);
    write(store, move |tx| {
        identity::create_section(tx, &Section { code: format!("s-{name}"), name: "市民課".to_owned() })?;
        let account = identity::create_account(tx, &keys(), &new, MORNING)?;
        let (section, role) = (format!("s-{name}"), "clerk".to_owned());
        identity::give_post(tx, &NewPost { account, section, role, from: day(2026, 4, 1), to: None })?;
        Ok(account)
    })
}

fn attempt(name: &str, password: &str) -> Attempt {
    Attempt { name: name.to_owned(), password: password.to_owned(), client: CLIENT.to_owned() }
}

/// Both steps with the right password and the present code.
async fn sign_in(store: &Store, name: &str, at: base::At) -> Result<NewSession, Refusal> {
    let pending = session::begin(store, FUJIOKA, attempt(name, PASSWORD), at).await?;
    let code = totp::code(&totp::sample_secret(name), totp::step_at(at));
    session::confirm(store, &keys(), FUJIOKA, pending.cookie.reveal(), &code, at).await
}
