//! The figures as CSV: the city by single years of age, and 地域・年齢別人口 in the official columns.
use base::Sex::{Female, Male};
use web::City;

use crate::count::Count;
use crate::csv;
use crate::figures::{Place, TOWN_BANDS, Told, TownRow, town_id};

/// What stands for a figure that is not told.
pub(crate) const UNTOLD: &str = "x";
/// 備考 of the rows that have one.
const NOTE: &str = "xは少数のため表示しない値";

/// The city by single years of age; at city level nothing is hidden.
pub(crate) fn ages(count: Option<&Count>) -> String {
    let mut rows = vec![["調査年月日", "年齢", "男性", "女性", "総人口"].map(str::to_owned).to_vec()];
    let Some(count) = count else { return csv::write(&rows) };
    let figures = &count.figures;
    let on = count.day.as_of.to_string();
    let row = |label: String, men: i64, women: i64| {
        vec![on.clone(), label, men.to_string(), women.to_string(), (men + women).to_string()]
    };
    for age in 0..=figures.oldest() {
        rows.push(row(age.to_string(), figures.of_age(Male, age), figures.of_age(Female, age)));
    }
    let unknown = (figures.of_age(Male, -1), figures.of_age(Female, -1));
    if unknown != (0, 0) {
        rows.push(row("不詳".to_owned(), unknown.0, unknown.1));
    }
    csv::write(&rows)
}

/// 地域・年齢別人口: the official columns of the recommended data set.
pub(crate) fn official_columns() -> Vec<String> {
    let head = [
        "都道府県コード又は市区町村コード",
        "地域コード",
        "都道府県名",
        "市区町村名",
        "調査年月日",
        "地域名",
        "総人口",
        "男性",
        "女性",
    ];
    let bands = (0..TOWN_BANDS).flat_map(|band| {
        let ages = if band + 1 == TOWN_BANDS {
            format!("{}歳以上", band * 5)
        } else {
            format!("{}-{}歳", band * 5, band * 5 + 4)
        };
        [format!("{ages}の男性"), format!("{ages}の女性")]
    });
    let head = head.map(str::to_owned).into_iter();
    head.chain(bands).chain(["世帯数".to_owned(), "備考".to_owned()]).collect()
}

/// 地域・年齢別人口 of a day: the whole city, then its towns.
pub(crate) fn population(city: &City, count: Option<&Count>) -> String {
    let mut rows = vec![official_columns()];
    let Some(count) = count else { return csv::write(&rows) };
    let figures = &count.figures;
    let (men, women) = (figures.bands(Male, TOWN_BANDS), figures.bands(Female, TOWN_BANDS));
    let bands: Vec<Told> =
        men.iter().zip(&women).flat_map(|(men, women)| [Some(*men), Some(*women)]).collect();
    let totals = [Some(figures.total()), Some(figures.of_sex(Male)), Some(figures.of_sex(Female))];
    let unknown = figures.of_age(Male, -1) + figures.of_age(Female, -1);
    let note =
        if unknown > 0 { format!("総人口に年齢不詳{unknown}人をふくむ") } else { String::new() };
    let head = |area: &str, name: &str| -> Vec<String> {
        let on = count.day.as_of.to_string();
        [&city.id.to_string(), area, &city.prefecture, &city.name, &on, name].map(ToOwned::to_owned).to_vec()
    };
    let line = |head: Vec<String>, cells: &[Told], note: &str| -> Vec<String> {
        let cells =
            cells.iter().map(|cell| cell.map_or_else(|| UNTOLD.to_owned(), |number| number.to_string()));
        head.into_iter().chain(cells).chain([note.to_owned()]).collect()
    };
    let cells: Vec<Told> =
        totals.into_iter().chain(bands).chain([Some(figures.households_total())]).collect();
    rows.push(line(head("", &city.name), &cells, &note));
    for town in figures.towns(count.smallest) {
        let area = match town.place {
            Place::Town(number) => town_id(number).map(|id| id.to_string()).unwrap_or_default(),
            Place::Together(_) => String::new(),
        };
        let cells = town_cells(&town);
        let note = if cells.contains(&None) { NOTE } else { "" };
        rows.push(line(head(&area, &town.name(city.id)), &cells, note));
    }
    csv::write(&rows)
}

fn town_cells(town: &TownRow) -> Vec<Told> {
    let band = |sex: usize, band: usize| town.bands[sex].get(band).copied().flatten();
    let bands = (0..TOWN_BANDS).flat_map(|at| [band(0, at), band(1, at)]);
    [town.total(), town.men, town.women].into_iter().chain(bands).chain([town.households]).collect()
}
