//! What every component owes: its ARIA wiring, escaping, and nothing that the content policy drops.
use crate::*;

#[track_caller]
fn check(markup: Markup, holds: &[&str], lacks: &[&str]) {
    let text = markup.into_string();
    for part in holds {
        assert!(text.contains(part), "missing {part}\nin {text}");
    }
    for part in lacks.iter().chain(&[" style=", "<style", " onclick=", "javascript:"]) {
        assert!(!text.contains(part), "must not hold {part}\nin {text}");
    }
    let scripts = text.matches("<script").count();
    assert_eq!(scripts, text.matches("<script type=\"module\" src=\"").count(), "inline script in {text}");
}

#[test]
fn a_field_names_its_error_before_its_hint_and_keeps_the_text() {
    let input = Input::wrong("<７>\"", "等級は1から6までの数字で入力してください");
    let field = TextField {
        name: "grade",
        label: "等級",
        hint: Some("手帳の数字"),
        input: &input,
        ..TextField::default()
    };
    let holds = [
        "<label class=\"fd-field__label\" for=\"grade\">",
        "aria-describedby=\"grade-error grade-hint\"",
        "aria-invalid=\"true\"",
        "id=\"grade-error\"",
        "value=\"&lt;７&gt;&quot;\"",
    ];
    check(text_field(field), &holds, &["required", "maxlength"]);
}

#[test]
fn a_field_without_error_is_not_invalid() {
    let field = TextField { name: "grade", label: "等級", ..TextField::default() };
    check(text_field(field), &["id=\"grade\""], &["aria-invalid", "aria-describedby"]);
}

#[test]
fn radios_have_a_legend_and_the_first_carries_the_name_as_id() {
    let input = Input::of("F");
    let choices = [("M", "男"), ("F", "女")].map(|(value, label)| Choice { value, label, hint: None });
    let group =
        RadioGroup {
            name: "sex", legend: "性別", input: &input, choices: &choices, ..RadioGroup::default()
        };
    let holds = ["<fieldset", "<legend", "id=\"sex\" name=\"sex\" value=\"M\"", "value=\"F\" checked"];
    check(radio_group(group), &holds, &["value=\"M\" checked"]);
}

#[test]
fn a_date_is_echoed_in_a_status() {
    let input = Input::of("R8.11.23");
    let echo = Some("令和8年11月23日（月）");
    let field =
        DateField { name: "moved", label: "転入した日", input: &input, echo, ..DateField::default() };
    let holds = [
        "<output class=\"fd-echo\" id=\"moved-echo\" for=\"moved\" role=\"status\">令和8年11月23日（月）",
        "aria-describedby=\"moved-echo\"",
        "data-echo=\"date\"",
        "value=\"R8.11.23\"",
    ];
    check(date_field(field), &holds, &[]);
}

#[test]
fn eras_are_offered_and_none_is_chosen() {
    let choices = [Choice { value: "昭和40年3月2日", label: "昭和40年3月2日", hint: None }];
    let field = DateField { name: "birth", label: "生年月日", choices: &choices, ..DateField::default() };
    check(date_field(field), &["name=\"birth_choice\"", "type=\"radio\""], &["checked"]);
}

#[test]
fn the_town_is_found_without_script() {
    let field =
        AddressField { name: "to", legend: "新しい住所", scope: "city", ..AddressField::default() };
    let holds = [
        "name=\"to_find\" value=\"1\">この町をさがす",
        "name=\"to_code\"",
        "role=\"listbox\"",
        "name=\"to_lot\"",
    ];
    check(address_field(field), &holds, &["datalist"]);
}

#[test]
fn offered_towns_carry_the_code_alone() {
    let choices =
        [AddressChoice { code: "1", label: "中栗須", kana: "ナカクリス", note: "375-0015" }];
    let field = AddressField { name: "to", choices: &choices, code: "1", ..AddressField::default() };
    let holds = ["type=\"radio\" id=\"to-choice-0\" name=\"to_code\" value=\"1\" checked"];
    check(address_field(field), &holds, &["type=\"hidden\""]);
}

#[test]
fn a_secret_is_never_printed_back() {
    let field = SecretField { name: "password", label: "パスワード", ..SecretField::default() };
    check(
        secret_field(field),
        &["autocomplete=\"current-password\"", "data-reveal=\"password\""],
        &["value="],
    );
}

#[test]
fn a_code_field_asks_for_a_one_time_code() {
    let field = CodeField { name: "code", label: "確認の6桁", ..CodeField::default() };
    check(code_field(field), &["autocomplete=\"one-time-code\"", "inputmode=\"numeric\""], &["value="]);
}

#[test]
fn a_reading_tells_how_sure_it_is() {
    let input = Input::of("ヤマダ");
    let field = KanaField {
        name: "kana",
        label: "フリガナ",
        input: &input,
        state: KanaState::Proposed,
        reads: Some("family"),
        ..KanaField::default()
    };
    check(
        kana_field(field),
        &["推定", "name=\"kana_state\" value=\"proposed\"", "data-reads=\"family\""],
        &[],
    );
}

#[test]
fn errors_are_counted_linked_and_told() {
    let (good, bad) = (Input::of("1"), Input::wrong("x", "2月30日はありません"));
    let items = errors(&[("a", &good), ("b", &bad)]);
    let holds = ["role=\"alert\"", "確かめるところが1つあります", "<a href=\"#b\">2月30日はありません</a>"];
    check(error_summary(&items), &holds, &["#a"]);
    check(error_summary(&[]), &[], &["<"]);
}

#[test]
fn a_form_carries_its_token_and_its_number() {
    let f =
        Form { action: "/x", csrf: "tok", submission_id: Some("s1"), version: Some(3), ..Form::default() };
    let holds = [
        "method=\"post\"",
        "novalidate",
        "name=\"csrf\" value=\"tok\"",
        "name=\"submission_id\" value=\"s1\"",
        "name=\"version\" value=\"3\"",
    ];
    check(form(f, html! {}), &holds, &[]);
    check(form(Form { action: "/x", ..Form::default() }, html! {}), &["method=\"get\""], &["csrf"]);
}

#[test]
fn a_button_shows_and_tells_its_key() {
    let b = Button { label: "仮登録する", keys: Some("Ctrl Enter"), ..Button::default() };
    check(
        button(b),
        &["aria-keyshortcuts=\"Control+Enter\"", "<kbd>Ctrl</kbd>", "data-type=\"solid-fill\""],
        &["disabled"],
    );
}

fn row(id: &'static str, state: FollowerState<'static>) -> Follower<'static> {
    Follower {
        id, office: "給食センター", fact: "小学3年 山田 花さん", state, href: Some("/lunch/1")
    }
}

#[track_caller]
fn check_trellis(states: &[FollowerState<'static>], holds: &[&str], lacks: &[&str]) {
    let list: Vec<Follower> = states.iter().map(|state| row("f", *state)).collect();
    let all = Followers {
        id: "t",
        heading: "届く課",
        list: &list,
        stream: Some("/stream"),
        latest: Some("/now"),
        show_time: true,
        fresh: false,
    };
    check(followers(all), holds, lacks);
}

#[test]
fn the_trellis_counts_in_words() {
    use FollowerState::{Bud, Late, None, Open, Stopped};
    let (quick, slow) = (Open { micros: 900 }, Open { micros: 84_300 });
    check_trellis(&[Bud, Bud], &["2つの課に届きます", "data-state=\"bud\"", "<ol"], &["最後は"]);
    check_trellis(&[quick, slow], &["2つの課に届きました", "最後は 84 ms", "1 ms未満"], &[]);
    check_trellis(&[quick, Bud], &["2つの課のうち1つに届きました", "1つ目まで 1 ms未満"], &["最後は"]);
    let late = Late { retry_at: Some("9:15") };
    check_trellis(&[slow, late], &["まだ届いていません。9:15にもう一度送ります", "理由"], &["#f00"]);
    check_trellis(&[Stopped], &["係に知らせました"], &["小学3年"]);
    check_trellis(&[slow; 12], &["12の課に届きました"], &[]);
    check_trellis(
        &[quick, None, None],
        &["1つの課に届きました", "ほかの2つの課は関係ありません"],
        &["data-state=\"none\""],
    );
}

#[test]
fn the_trellis_has_one_status_and_a_way_without_script() {
    let holds = [
        "id=\"t-status\" role=\"status\"",
        "id=\"t-count\"",
        "data-stream=\"/stream\"",
        "<noscript>",
        "/now",
    ];
    check_trellis(&[FollowerState::Bud], &holds, &[]);
    let markup = follower_status("t", &[]).into_string() + &follower_count("t", &[], true).into_string();
    assert_eq!(markup.matches("role=\"status\"").count(), 1);
}

#[test]
fn durations_are_said_as_the_design_says() {
    let said = [999, 1_000, 84_999, 9_999_999, 10_000_000, 12_400_000].map(ms);
    assert_eq!(said, ["1 ms未満", "1 ms", "84 ms", "9999 ms", "10秒", "12秒"]);
}

#[test]
fn heads_tell_how_the_list_is_sorted() {
    let sort = Some(Sort { href: "?sort=kana&dir=desc", now: Some(Direction::Ascending) });
    let columns = [Column { label: "フリガナ", width: Width::Kana, sort }];
    let rows = [Row { cells: vec![kana("ヤマダ")], selected: true }];
    let t = Table { caption: "住民", columns: &columns, rows: &rows, empty: "", keys: false };
    let holds =
        ["aria-sort=\"ascending\"", "scope=\"col\"", "?sort=kana&amp;dir=desc", "data-selected", "<caption"];
    check(table(t), &holds, &[]);
}

#[test]
fn an_empty_list_says_so_in_its_place() {
    let columns = [Column { label: "氏名", width: Width::Name, sort: None }];
    let t =
        Table { columns: &columns, empty: "「ヤマダ」に合う人はいません", ..Table::default() };
    check(table(t), &["colspan=\"1\">「ヤマダ」に合う人はいません"], &[]);
}

#[test]
fn pages_are_counted_from_the_first_row() {
    let p = Pagination { page: 5, page_size: 50, total: 238, unit: "人", href_prefix: "?page=" };
    check(
        pagination(p),
        &["201–238 / 238人", "aria-current=\"page\"", "rel=\"prev\" href=\"?page=4\""],
        &["rel=\"next\""],
    );
}

#[test]
fn withheld_is_the_same_for_every_reason() {
    assert_eq!(withheld().into_string(), "<span class=\"fd-withheld\">——（市民課へ照会）</span>");
}

#[test]
fn the_strip_stands_with_and_without_alerts() {
    check(alert_strip(AlertStrip::default()), &["fd-strip", "注意 0"], &[]);
    let alerts = [Alert { sentence: "再転入ですか", href: Some("#a") }];
    check(
        alert_strip(AlertStrip { alerts: &alerts }),
        &["<details", "注意 1", "aria-keyshortcuts=\"Alt+A\""],
        &[],
    );
}

#[test]
fn an_alert_asks_until_it_is_answered() {
    let choices = [Choice { value: "yes", label: "同じ人です", hint: None }];
    let open =
        AlertItem {
            name: "again", sentence: "再転入ですか", choices: &choices, ..AlertItem::default()
        };
    check(alert_item(open), &["type=\"radio\"", "data-state=\"open\"", "<legend"], &["checked"]);
    let answered = Some(AlertAnswer { answer: "同じ人です", who: "新井", when: "9:14" });
    check(
        alert_item(AlertItem { answered, ..open }),
        &["答え：同じ人です（新井 9:14）"],
        &["type=\"radio\""],
    );
}

#[test]
fn steps_tell_which_is_current() {
    let steps = ["だれが", "どこへ"].map(|label| Step { label, href: None });
    check(step_list(&steps, 1), &["aria-current=\"step\"", "（済み）", "aria-label=\"手順\""], &[]);
}

#[test]
fn bands_come_in_order_and_two_at_most() {
    let bands = [Band::Sample, Band::Simulated, Band::Drill];
    check(env_band(&bands), &["data-kind=\"drill\"", "data-kind=\"simulated\"", "ほか1"], &["架空の市民"]);
    check(env_band(&[]), &[], &["<"]);
}

#[test]
fn a_skipped_answer_says_so() {
    let answers = [Answer { question: "方書", answer: html! {}, change: Some("/back") }];
    check(check_answers(&answers), &["回答なし", "変更<span class=\"fd-hidden\">（方書）</span>"], &[]);
}

fn page() -> Page<'static> {
    let bands = &[Band::Sample];
    Page {
        title: "転入届",
        part: "住民情報",
        city: "藤岡市",
        bands,
        has_errors: true,
        refresh: Some("/b?seen=1"),
    }
}

#[track_caller]
fn check_shell(markup: Markup) {
    let holds = [
        "<!DOCTYPE html><html lang=\"ja\">",
        "<title>エラー：【見本】転入届 — 住民情報 — 藤岡市</title>",
        "<a class=\"fd-skip\" href=\"#main\">",
        "<noscript><meta http-equiv=\"refresh\" content=\"2;url=/b?seen=1\"></noscript>",
        "id=\"main\"",
        "見本 — 架空の市民です",
    ];
    let text = markup.0.clone();
    check(markup, &holds, &[]);
    assert_eq!(text.matches("<main").count(), 1);
    assert!(text.matches("data-type=\"solid-fill\"").count() <= 1, "one filled button a page");
}

#[test]
fn every_shell_is_a_whole_document() {
    let frame =
        DeskFrame { page: page(), search: Some("ヤマタ"), next: Some("/n"), ..DeskFrame::default() };
    check_shell(desk_page(DeskPage { frame, ..DeskPage::default() }));
    check_shell(list_page(ListPage { frame, ..ListPage::default() }));
    check_shell(wizard_page(WizardPage { frame, ..WizardPage::default() }));
    check_shell(public_page(PublicPage { page: page(), ..PublicPage::default() }));
    check_shell(sign_in_page(SignInPage { page: page(), ..SignInPage::default() }));
    check_shell(error_page(ErrorPage { page: page(), ..ErrorPage::default() }));
    check_shell(print_page(PrintPage { page: page(), ..PrintPage::default() }));
}

#[test]
fn the_desk_has_its_search_its_keys_and_its_palette() {
    let commands =
        &[Command { label: "転入", href: "/in", reading: "てんにゅう tennyu", keys: Some("Alt N") }];
    let frame = DeskFrame {
        page: page(),
        search: Some("ヤマタ"),
        next: Some("/n"),
        commands,
        ..DeskFrame::default()
    };
    let holds = [
        "action=\"/residents\" method=\"get\" role=\"search\"",
        "name=\"q\" value=\"ヤマタ\"",
        "aria-keyshortcuts=\"Alt+J\"",
        "<dialog class=\"fd-palette\"",
        "data-keys=\"Alt N\"",
        "href=\"#queue\"",
    ];
    check(desk_page(DeskPage { frame, ..DeskPage::default() }), &holds, &[]);
}

#[test]
fn assets_fall_back_to_their_plain_names() {
    assert_eq!(assets::url("no-such.css"), "/assets/no-such.css");
}
