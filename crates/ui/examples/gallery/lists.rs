//! The list and the wizard of the gallery.
use crate::{buds, day, facts, frame, header, members};
use ui::{
    AddressField, AlertItem, Button, Choice, Column, DateField, DeskFrame, ErrorItem, Fact, FilterBar, Form,
    Input, KanaField, KanaState, ListPage, Markup, NameFields, Pagination, RadioGroup, Row, Sort, Step,
    SubmitRow, Table, Tag, TextField, Width, WizardPage, html,
};

const COLUMNS: &[Column] = &[
    Column { label: "氏名", width: Width::Name, sort: None },
    Column {
        label: "フリガナ",
        width: Width::Kana,
        sort: Some(Sort { href: "?sort=kana&dir=desc", now: Some(ui::Direction::Ascending) }),
    },
    Column {
        label: "生年月日",
        width: Width::Date,
        sort: Some(Sort { href: "?sort=birth&dir=asc", now: None }),
    },
    Column { label: "年齢", width: Width::Age, sort: None },
    Column { label: "性別", width: Width::Sex, sort: None },
    Column { label: "住所", width: Width::Address, sort: None },
    Column { label: "宛名番号", width: Width::Number, sort: None },
    Column { label: "状態", width: Width::State, sort: None },
];

fn rows() -> Vec<Row> {
    let people = [
        ("山田", "太郎", "ヤマダ タロウ", day(1985, 3, 2), "41", "男", "中栗須123番地", "仮登録"),
        ("山田", "花子", "ヤマダ ハナコ", day(1987, 11, 30), "38", "女", "中栗須123番地", "仮登録"),
        ("𠮷田", "さくら", "ヨシダ サクラ", day(1989, 1, 7), "37", "女", "鬼石412番地2", ""),
        (
            "渡邉\u{e010f}",
            "健一",
            "ワタナベ ケンイチ",
            day(1964, 10, 10),
            "62",
            "男",
            "緑埜77番地 藤岡コーポ201号室",
            "",
        ),
        ("髙橋", "幸子", "タカハシ サチコ", day(1950, 1, 15), "76", "女", "", ""),
        ("﨑山", "葵", "サキヤマ アオイ", day(2019, 5, 1), "7", "女", "三波川9番地", "除票"),
    ];
    let many = people.iter().cycle().take(36).enumerate();
    many.map(|(i, (family, given, kana, birth, age, sex, address, state))| Row {
        cells: vec![
            ui::name_link("/p", family, given),
            ui::kana(kana),
            ui::wareki(*birth),
            html! { (age) },
            html! { (sex) },
            if address.is_empty() {
                ui::withheld()
            } else {
                html! { (address) }
            },
            ui::number("0000123457"),
            if state.is_empty() {
                html! {}
            } else {
                ui::tag(Tag::Plain, state)
            },
        ],
        selected: i == 1,
    })
    .collect()
}

pub fn list(found: bool) -> Markup {
    let rows = if found { rows() } else { Vec::new() };
    let text = Input::of("ヤマタ");
    let list = Table {
        caption: "「ヤマタ」に合う人",
        columns: COLUMNS,
        rows: &rows,
        empty: "「ヤマタ」に合う人はいません。よみの一部でもさがせます",
        keys: true,
    };
    let birth = DateField { name: "birth", label: "生年月日", birth: true, ..DateField::default() };
    ui::list_page(ListPage {
        frame: DeskFrame { search: Some("ヤマタ"), ..frame("住民をさがす") },
        heading: "住民をさがす",
        acts: html! { (ui::link("/move-in", "新しい転入届")) (ui::kbd("Alt N")) },
        filter: ui::filter_bar(FilterBar {
            action: "/residents",
            body: html! {
                (ui::text_field(TextField { name: "who", label: "氏名・よみ", input: &text, width: 8, ..TextField::default() }))
                (ui::date_field(birth))
            },
            found: if found { "238人" } else { "0人" },
            label: "住民をしぼりこむ",
        }),
        list: ui::table(list),
        detail: found.then(|| html! { (header(&facts(), &[], false)) (ui::household_list(&members())) }),
        pages: ui::pagination(Pagination {
            page: 2,
            page_size: 50,
            total: if found { 238 } else { 0 },
            unit: "人",
            href_prefix: "?q=ヤマタ&page=",
        }),
    })
}

fn sexes<'a>() -> [Choice<'a>; 2] {
    [Choice { value: "M", label: "男", hint: None }, Choice { value: "F", label: "女", hint: None }]
}

fn wizard_form(wrong: bool) -> Markup {
    let moved =
        if wrong { Input::wrong("R8.2.30", "2月30日はありません") } else { Input::of("R8.11.20") };
    let birth = Input::of("40.3.2");
    let kinds = [
        Choice { value: "new", label: "新しい世帯を作る", hint: None },
        Choice {
            value: "join",
            label: "いまある世帯に入る",
            hint: Some("世帯主の氏名か世帯番号でさがします"),
        },
    ];
    let eras = [
        Choice { value: "昭和40年3月2日", label: "昭和40年3月2日（火）61歳", hint: None },
        Choice { value: "大正40年", label: "西暦1940年3月2日（土）86歳", hint: None },
    ];
    let alert = [
        Choice { value: "yes", label: "同じ人です。再転入として続ける", hint: None },
        Choice { value: "no", label: "別の人です", hint: None },
    ];
    let (family, given, kana) = (Input::of("山田"), Input::of("太郎"), Input::of("ヤマダ"));
    let (kind, sex, lot) = (Input::of("new"), Input::of("M"), Input::of("123"));
    let town = if wrong {
        Input::wrong("緑野", "「緑野」に近い町が2つあります。下から選べます")
    } else {
        Input::of("中栗須")
    };
    ui::form(
        Form {
            action: "/move-in",
            csrf: "t",
            submission_id: Some("s"),
            enter_moves: true,
            ..Form::default()
        },
        html! {
            (ui::date_field(DateField { name: "moved", label: "転入した日", input: &moved, echo: (!wrong).then_some("令和8年11月20日（金）"), ..DateField::default() }))
            (ui::radio_group(RadioGroup { name: "kind", legend: "世帯", input: &kind, choices: &kinds, ..RadioGroup::default() }))
            (ui::address_field(AddressField { name: "to", legend: "新しい住所", town: &town, lot: &lot, scope: "city", code: "1", echo: (!wrong).then_some("群馬県藤岡市中栗須123番地 — 番地まで確かめました"), ..AddressField::default() }))
            (ui::name_fields(NameFields { name: "head", legend: "氏名", family: &family, given: &given, required: true, ..NameFields::default() }))
            (ui::kana_field(KanaField { name: "head_kana", label: "フリガナ", input: &kana, state: KanaState::Proposed, reads: Some("head_family"), ..KanaField::default() }))
            (ui::date_field(DateField { name: "birth", label: "生年月日", hint: Some("例：昭和40年3月2日、S40.3.2、1965/3/2"), input: &birth, birth: true, choices: &eras, ..DateField::default() }))
            (ui::radio_group(RadioGroup { name: "sex", legend: "性別", input: &sex, choices: &sexes(), inline: true, ..RadioGroup::default() }))
            (ui::alert_item(AlertItem { name: "again", sentence: "同じ氏名・性別・生年月日の人が除票にいます", reason: "平成31年4月1日に高崎市へ転出した山田太郎さんです。同じ人なら宛名番号を引きつぎます。", law: Some("住民基本台帳法 第22条"), choices: &alert, ..AlertItem::default() }))
            (ui::submit_row(SubmitRow { main: Button { label: "内容を確かめる", keys: Some("Ctrl Enter"), ..Button::default() }, second: None, leave: Some(("/", "やめて一覧に戻る")), draft_saved_at: Some("9:14") }))
        },
    )
}

pub fn wizard(wrong: bool) -> Markup {
    let steps = ["だれが", "どこへ", "確かめる", "仮登録"].map(|label| Step { label, href: None });
    let items = [
        ErrorItem { id: "moved".to_owned(), message: "2月30日はありません".to_owned() },
        ErrorItem {
            id: "to".to_owned(),
            message: "「緑野」に近い町が2つあります。下から選べます".to_owned(),
        },
    ];
    let mut frame = frame("転入届");
    frame.page.has_errors = wrong;
    ui::wizard_page(WizardPage {
        frame,
        heading: "転入届",
        steps: &steps,
        current: 1,
        errors: if wrong {
            ui::error_summary(&items)
        } else {
            html! {}
        },
        form: wizard_form(wrong),
        register: html! {
            (ui::panel("いまの台帳", ui::summary_list(&[
                Fact { label: "中栗須123番地", value: html! { "世帯はありません" }, act: None },
                Fact { label: "同じ氏名", value: html! { "除票に1人" }, act: Some(("/p", "見る")) },
            ])))
        },
        preview: Some(buds()),
    })
}
