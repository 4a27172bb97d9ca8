//! Writes one page of each shell with 見本 data into a folder, to look at and to measure:
//! `cargo run -p ui --example gallery -- OUT [assets/dist]`. With the second argument the pages name the
//! built files, which must be served as `/assets/`.
mod charts;
mod lists;

use std::collections::HashMap;
use std::path::Path;
use std::{env, fs, io};

use ui::{
    Alert, AlertStrip, Band, Button, Command, DeskFrame, DeskPage, ErrorPage, Fact, Follower, FollowerState,
    Followers, Form, Input, Kind, Markup, Member, MenuItem, Moment, Page, PrintPage, PublicPage, QueueItem,
    RecordHeader, SecretField, SignInPage, SubmitRow, TextField, Tone, UserMenu, html,
};

fn main() -> io::Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let out = Path::new(arguments.first().map_or("gallery", String::as_str));
    if let Some(dist) = arguments.get(1) {
        ui::assets::set(manifest(&fs::read_to_string(Path::new(dist).join("manifest.json"))?));
    }
    fs::create_dir_all(out)?;
    let pages: [(&str, Markup); 13] = [
        ("desk", desk(false)),
        ("desk-paper", desk(true)),
        ("list", lists::list(true)),
        ("list-empty", lists::list(false)),
        ("wizard", lists::wizard(false)),
        ("wizard-errors", lists::wizard(true)),
        ("board", board(true)),
        ("board-late", board(false)),
        ("sign-in", sign_in()),
        ("error", error()),
        ("paper", paper()),
        ("public", public()),
        ("charts", charts::charts(page("図", "見本"))),
    ];
    for (name, page) in pages {
        fs::write(out.join(format!("{name}.html")), page.into_string())?;
    }
    Ok(())
}

/// The manifest is a flat object of strings, written by our own build.
fn manifest(json: &str) -> HashMap<&'static str, String> {
    let names = ["desk.css", "desk.js", "public.css", "letters.css", "favicon.svg"];
    let fonts = ["text-400.woff2", "text-700.woff2", "names-400.woff2", "names-700.woff2"];
    let file = |name: &str| {
        let rest = json.split(&format!("\"{name}\": \"")).nth(1)?;
        Some(format!("/assets/{}", rest.split('"').next()?))
    };
    names.into_iter().chain(fonts).filter_map(|name| Some((name, file(name)?))).collect()
}

fn page<'a>(title: &'a str, part: &'a str) -> Page<'a> {
    Page { title, part, city: "藤岡市", bands: &[Band::Sample], ..Page::default() }
}

const MENU: &[MenuItem] = &[
    MenuItem { label: "住民", href: "/residents", current: true },
    MenuItem { label: "給食", href: "/lunch", current: false },
    MenuItem { label: "介護保険", href: "/care", current: false },
    MenuItem { label: "各課の仕事", href: "/desks", current: false },
];
const COMMANDS: &[Command] = &[
    Command {
        label: "転入", href: "/residents/move-in", reading: "てんにゅう tennyu", keys: Some("Alt N")
    },
    Command { label: "受付の列", href: "/", reading: "うけつけ uketsuke", keys: None },
    Command {
        label: "住民票の写し",
        href: "/papers",
        reading: "じゅうみんひょう juminhyo",
        keys: Some("Alt P"),
    },
    Command { label: "給食の名簿", href: "/lunch", reading: "きゅうしょく kyushoku", keys: None },
];

fn frame<'a>(title: &'a str) -> DeskFrame<'a> {
    DeskFrame {
        page: page(title, "住民情報"),
        user: UserMenu { name: "新井 直子", section: "市民課", csrf: "t", links: &[] },
        menu: MENU,
        commands: COMMANDS,
        help: Some("/help/desk"),
        ..DeskFrame::default()
    }
}

fn day(year: i16, month: i8, day: i8) -> base::Date {
    base::Date::new(year, month, day).expect("the sample dates exist")
}

fn queue() -> Markup {
    let item = |family, given, what, when, state, current| QueueItem {
        href: "/x",
        name: ui::name(family, given),
        what,
        when,
        state,
        current,
    };
    let items = [
        item("山田", "太郎", "転入 4人", "9:14", "仮登録", true),
        item("髙橋", "幸子", "転入 1人", "9:02", "下書き", false),
        item("新井", "恵", "転居 2人", "8:51", "仮登録", false),
        item("渡邉\u{e010f}", "健一", "世帯変更", "8:47", "仮登録", false),
        item("𠮷田", "さくら", "転入 3人", "8:40", "本登録", false),
        item("﨑山", "葵", "転出", "8:36", "本登録", false),
    ];
    ui::queue("受付の列", "6件", &items, "きょうの受付はまだありません")
}

fn members() -> [Member<'static>; 4] {
    let member = |given, kana, relationship, birth, age, sex| Member {
        name: ui::name_link("/p", "山田", given),
        kana,
        relationship,
        birth: ui::wareki(birth),
        age,
        sex,
        ..Member::default()
    };
    [
        Member {
            current: true, ..member("太郎", "ヤマダ タロウ", "世帯主", day(1985, 3, 2), "41歳", "男")
        },
        member("花子", "ヤマダ ハナコ", "妻", day(1987, 11, 30), "38歳", "女"),
        member("花", "ヤマダ ハナ", "子", day(2017, 7, 7), "9歳", "女"),
        Member {
            states: &["1号"], ..member("ハナ", "ヤマダ ハナ", "母", day(1950, 1, 15), "76歳", "女")
        },
    ]
}

fn header<'a>(facts: &'a [Markup], alerts: &'a [Alert<'a>], provisional: bool) -> Markup {
    ui::record_header(RecordHeader {
        name: ui::name("山田", "太郎"),
        kana: "ヤマダ タロウ",
        facts,
        event: Some("転入"),
        state: Some(if provisional { "仮登録" } else { "本登録" }),
        provisional,
        strip: AlertStrip { alerts },
    })
}

fn facts() -> [Markup; 4] {
    [
        html! { (ui::wareki(day(1985, 3, 2))) "（41歳）" },
        html! { "男" },
        html! { "宛名番号 " (ui::number("0000123457")) },
        html! { "世帯番号 " (ui::number("0000045678")) },
    ]
}

fn history() -> Markup {
    let moment = |when, what, detail, who| Moment {
        when: ui::wareki(when),
        what,
        detail: html! { (detail) },
        who,
        href: Some("/e"),
    };
    ui::timeline(&[
        moment(day(2026, 11, 24), "転入", "群馬県高崎市から、4人", "新井"),
        moment(day(2019, 4, 1), "転出", "群馬県高崎市へ", "黒澤"),
        moment(day(1985, 3, 2), "出生", "届出 藤岡市", "記載"),
    ])
}

fn desk(with_paper: bool) -> Markup {
    let alerts = [Alert {
        sentence: "同じ氏名・性別・生年月日の人が除票にいます。再転入ですか",
        href: Some("#a"),
    }];
    let frame = DeskFrame { next: Some("/n"), previous: Some("/p"), ..frame("山田 太郎") };
    let record = [
        Fact {
            label: "住所", value: html! { "群馬県藤岡市中栗須123番地" }, act: Some(("/c", "変更"))
        },
        Fact { label: "前の住所", value: html! { "群馬県高崎市高松町35番地1" }, act: None },
        Fact {
            label: "住民となった日", value: ui::wareki(day(2026, 11, 20)), act: Some(("/c", "変更"))
        },
        Fact { label: "本籍", value: ui::withheld(), act: None },
    ];
    let main = html! {
        (header(&facts(), &alerts, true))
        (ui::summary_list(&record))
        (ui::panel("世帯", ui::household_list(&members())))
        (buds())
        (ui::form(Form { action: "/r", csrf: "t", submission_id: Some("s"), ..Form::default() }, html! {
            (ui::submit_row(SubmitRow {
                main: Button { label: "本登録する", keys: Some("Ctrl Enter"), ..Button::default() },
                second: Some(Button { kind: Kind::Outline, label: "差し戻す", name: Some("act"), value: Some("back"), ..Button::default() }),
                leave: Some(("/", "やめて一覧に戻る")),
                draft_saved_at: None,
            }))
        }))
    };
    let context = html! {
        (ui::panel("履歴", history()))
        (ui::panel("見た人", ui::summary_list(&[
            Fact { label: "9:14", value: html! { "新井 直子（市民課）" }, act: None },
            Fact { label: "9:02", value: html! { "髙橋 一（介護高齢課）" }, act: None },
        ])))
    };
    let sheet = html! { div.fd-sheet { header.fd-sheet__head { h2 { "住民票の写し" } } (paper_table()) } };
    ui::desk_page(DeskPage { frame, queue: queue(), main, context, paper: with_paper.then_some(sheet) })
}

const OFFICES: [(&str, &str); 9] = [
    ("国保年金課", "国民健康保険の手続きの案内を用意しました"),
    ("給食センター", "小学3年 山田 花さんを名簿に入れました"),
    ("介護高齢課", "山田 ハナさんを第1号被保険者にしました"),
    ("税務課", "1月1日の住所の対象に入れました"),
    ("学校教育課", "藤岡第一小学校の就学を案内します"),
    ("子ども課", "児童手当の申請を案内します"),
    ("選挙管理委員会", "令和9年2月20日に名簿に載ります"),
    ("市民課 印鑑", "印鑑登録はまだありません"),
    ("総務課", "統計の届けに入れました"),
];

fn offices<'a>(ids: &'a [String], state: impl Fn(usize) -> FollowerState<'a>) -> Vec<Follower<'a>> {
    let rows = OFFICES.iter().zip(ids).enumerate();
    let mut list: Vec<Follower> = rows
        .map(|(i, ((office, fact), id))| {
            let state = state(i);
            let href = (state != FollowerState::Bud).then_some("/o");
            Follower { id, office, fact, state, href }
        })
        .collect();
    let none = Follower { id: "none", office: "", fact: "", state: FollowerState::None, href: None };
    list.extend([none; 16]);
    list
}

fn ids(prefix: &str) -> Vec<String> {
    (0..OFFICES.len()).map(|i| format!("{prefix}-{i}")).collect()
}

fn buds() -> Markup {
    let ids = ids("bud");
    let list = offices(&ids, |_| FollowerState::Bud);
    let trellis = Followers {
        id: "buds",
        heading: "届く課",
        list: &list,
        stream: None,
        latest: None,
        show_time: true,
        fresh: false,
    };
    ui::followers(trellis)
}

fn board(all: bool) -> Markup {
    let ids = ids("floret");
    let times = [800, 9_200, 12_400, 15_000, 21_000, 34_700, 48_000, 61_000, 84_000];
    let list = offices(&ids, |i| match i {
        5 if !all => FollowerState::Late { retry_at: Some("9:15") },
        7 if !all => FollowerState::Stopped,
        8 if !all => FollowerState::Bud,
        _ => FollowerState::Open { micros: times[i] },
    });
    let trellis = ui::followers(Followers {
        id: "followers",
        heading: "届いた課",
        list: &list,
        stream: (!all).then_some("/stream"),
        latest: Some("/board"),
        show_time: true,
        fresh: true,
    });
    let main = html! {
        (ui::notice(ui::Notice { tone: Tone::Ok, heading: "転入を本登録しました。山田太郎さんの世帯4人です", body: html! {} }))
        (header(&facts(), &[], false))
        (trellis)
        p { (ui::link("/paper", "住民票の写しを作る")) " " (ui::kbd("Alt P")) }
    };
    let context = ui::panel("世帯", ui::household_list(&members()));
    ui::desk_page(DeskPage { frame: frame("山田 太郎"), queue: queue(), main, context, paper: None })
}

fn sign_in() -> Markup {
    let mail = Input::of("arai@example.jp");
    ui::sign_in_page(SignInPage {
        page: page("サインイン", ""),
        main: html! {
            h1 { "サインイン" }
            (ui::form(Form { action: "/sign-in", csrf: "t", ..Form::default() }, html! {
                (ui::text_field(TextField { name: "mail", label: "メールアドレスか職員番号", input: &mail, autocomplete: Some("username"), ..TextField::default() }))
                (ui::secret_field(SecretField { name: "password", label: "パスワード", error: Some("組み合わせが違います"), ..SecretField::default() }))
                (ui::code_field(ui::CodeField { name: "code", label: "確認の6桁", hint: Some("認証アプリに出ている数字"), error: None }))
                (ui::submit_row(SubmitRow { main: Button { label: "サインインする", ..Button::default() }, ..SubmitRow::default() }))
            }))
        },
        aside: Some(html! {
            h2 { "見本のサインイン" }
            p { "市民課 新井 直子　arai@example.jp" }
            p { "介護高齢課 髙橋 一　takahashi@example.jp" }
        }),
    })
}

fn error() -> Markup {
    ui::error_page(ErrorPage {
        page: page("お探しのページはありません", ""),
        heading: "お探しのページはありません",
        sentences: &["住所が変わったか、はじめからない頁です。"],
        reference: Some("8F3K"),
        way: Some(("/", "受付の列に戻る")),
    })
}

fn paper_table() -> Markup {
    html! {
        table.fd-paper {
            tbody {
                tr { th scope="row" { "住所" } td colspan="3" { "群馬県藤岡市中栗須123番地" } }
                tr { th scope="row" { "世帯主" } td colspan="3" { (ui::name("山田", "太郎")) } }
            }
        }
        @for member in members() {
            table.fd-paper {
                tbody {
                    tr { th scope="row" { "氏名" } td { (ui::name("山田", "花子")) } th scope="row" { "フリガナ" } td { (member.kana) } }
                    tr { th scope="row" { "生年月日" } td { (member.birth) } th scope="row" { "性別・続柄" } td { (member.sex) "　" (member.relationship) } }
                    tr { th scope="row" { "住民となった日" } td { "令和8年11月20日" } th scope="row" { "届出の日" } td { "令和8年11月24日" } }
                    tr { th scope="row" { "前の住所" } td colspan="3" { "群馬県高崎市高松町35番地1" } }
                }
            }
        }
    }
}

fn paper() -> Markup {
    ui::print_page(PrintPage {
        page: page("住民票の写し", "住民情報"),
        heading: "住民票の写し",
        head: &[],
        body: html! {
            (paper_table())
            p { "この写しは、世帯全員の住民票の原本と相違ないことを証明する。" }
            p.fd-paper__seal { "令和8年11月24日　藤岡市長　見本 太郎" }
        },
        foot: &["藤岡市 市民課　新井 直子", "令和8年11月24日 9:20"],
        bar: html! { (ui::back_link("/", "記録に戻る")) button.dads-button type="button" data-type="outline" data-print hidden { "印刷する" } },
    })
}

fn public() -> Markup {
    ui::public_page(PublicPage {
        page: page("転入の届け", "手続き"),
        main: html! {
            (ui::breadcrumb(&[ui::Crumb { label: "手続き", href: Some("/") }, ui::Crumb { label: "転入の届け", href: None }]))
            h1 { "転入の届け" }
            p { "引っこしてから14日のうちに、市民課の窓口で届けます。令和8年11月24日のきょう引っこした人は、12月8日（火）が期限です。" }
            (ui::notice(ui::Notice { tone: Tone::Info, heading: "窓口は8時30分から17時15分までです", body: html! { p { "土曜日と日曜日はお休みです。" } } }))
            (ui::form(Form { action: "/q", csrf: "t", ..Form::default() }, html! {
                (ui::text_field(TextField { name: "q", label: "何人で引っこしましたか", hint: Some("数字だけでかまいません"), width: 4, ..TextField::default() }))
                (ui::submit_row(SubmitRow { main: Button { label: "続ける", ..Button::default() }, ..SubmitRow::default() }))
            }))
        },
        footer: html! { p { "藤岡市 市民課　内線 2131" } },
        names: false,
    })
}
