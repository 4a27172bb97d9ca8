//! The table of contents: which apps there are, and what the program can be told to do.
mod act;
mod address_command;
mod arguments;
mod backup;
mod bench;
mod check;
mod city;
mod countersign;
mod demo;
mod drill;
mod installation;
mod keys_command;
mod log_keeper;
mod measures;
mod paper_command;
mod reach;
mod restore;
mod serve;
#[cfg(test)]
mod tests;
mod tls;
mod verify;

use std::process::ExitCode;

use arguments::{Arguments, WrongUsage};

/// A page is many small strings: a third of its CPU went into the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The apps, in menu order.
pub(crate) const APPS: &[web::App] = &[
    residents::APP,
    lunch::APP,
    care::APP,
    desks::APP,
    protection::APP,
    oversight::APP,
    continuity::APP,
    plan::APP,
    statistics::APP,
];

const USAGE: &str = "\
使い方: fujidana コマンド [--data DIR | --database URL]
  serve   [--listen 127.0.0.1:8080] [--origin https://…] [--trusted-proxy IP,…]  動かす
          [--tls-cert FILE --tls-key FILE]              装置自身が https で待ち受ける
          [--oidc-issuer URL --oidc-client ID [--oidc-strong 値,…] [--oidc-ca FILE]]  市のアカウント
  demo    [--residents 65000] [--seed 1] [--listen …]   見本の市をつくって動かす
  demo code USER                                        見本の職員のいまの確認コード
  sample  --residents N --seed S --out DIR              見本の住民を CSV に書く
  act     [--as USER] | --list                          1行1命令の JSON を標準入力から行う
  check   KIND [FILE|-] | --list                        ファイルの中身を確かめる
  address load FILE                                     全国の町字マスターを読み込む
  paper   list | sample 様式 --out FILE [--papers DIR]    様式の一覧と見本
  keys    list | rotate USE | rotate signing | reseal USE | forget USE NO  鍵の一覧と交代
  verify  [--keys DIR | --public-key BASE64] [--checkpoints DIR] [--countersigned-by KEY]  監査の記録がそろっているか確かめる
  countersign --new KEYFILE | KEYFILE PROOFFILE NOTE [--city-key BASE64]  監査事務局の鍵で副署する
  backup  --to TARGET                                   写しを1回とる（動いている間もとれる）
  drill   --from TARGET [--keys DIR]                    写しから戻せるか確かめる（戻したものは消す）
  restore --from TARGET [--at 2026-11-24T09:14]         写しから空のフォルダーに戻す
  measures [--json]                                     計画の施策と、ここで動いているもの
  bench   NAME | all                                    速さを測る";

fn main() -> ExitCode {
    tracing_subscriber::fmt().json().with_writer(std::io::stderr).with_max_level(tracing::Level::INFO).init();
    let mut words = std::env::args().skip(1);
    let command = words.next().unwrap_or_default();
    let outcome = match (command.as_str(), Arguments::parse(words)) {
        (_, Err(error)) => Err(error),
        ("serve", Ok(arguments)) => with_towns(&arguments, serve::run),
        ("demo", Ok(arguments)) => with_towns(&arguments, demo::run),
        ("sample", Ok(arguments)) => demo::write_sample(&arguments),
        ("act", Ok(arguments)) => with_towns(&arguments, act::run),
        ("address", Ok(arguments)) => address_command::run(&arguments),
        ("check", Ok(arguments)) => return check::run(&arguments),
        ("countersign", Ok(arguments)) => countersign::run(&arguments),
        ("keys", Ok(arguments)) => keys_command::run(&arguments),
        ("paper", Ok(arguments)) => paper_command::run(&arguments),
        ("backup", Ok(arguments)) => backup::run(&arguments),
        ("measures", Ok(arguments)) => measures::run(&arguments),
        ("drill", Ok(arguments)) => drill::run(&arguments),
        ("restore", Ok(arguments)) => restore::run(&arguments),
        ("verify", Ok(arguments)) => match verify::run(&arguments) {
            Ok(code) => return code,
            Err(error) => Err(error),
        },
        ("bench", Ok(arguments)) => bench::run(&arguments),
        ("--version" | "version", Ok(_)) => {
            println!("fujidana {}", env!("CARGO_PKG_VERSION"));
            Ok(())
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            if error.is::<WrongUsage>() { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}

/// Runs a command on the towns that the installation has loaded.
fn with_towns(arguments: &Arguments, run: fn(&Arguments) -> anyhow::Result<()>) -> anyhow::Result<()> {
    address_command::use_towns(arguments)?;
    run(arguments)
}
