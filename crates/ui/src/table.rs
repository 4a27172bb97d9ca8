//! Dense lists (screens §7): hairlines, one dark line under the head, names first.
use maud::{Markup, html};

/// What a column holds; its width is fixed in the style sheet (measured at desk density).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Width {
    Tick,
    Name,
    Kana,
    Date,
    Age,
    Sex,
    /// Takes the rest.
    #[default]
    Address,
    Number,
    State,
    /// Money and counts: right-aligned, unit in the heading.
    Figure,
    Actions,
}

impl Width {
    fn mark(self) -> &'static str {
        match self {
            Self::Tick => "tick",
            Self::Name => "name",
            Self::Kana => "kana",
            Self::Date => "date",
            Self::Age => "age",
            Self::Sex => "sex",
            Self::Address => "address",
            Self::Number => "number",
            Self::State => "state",
            Self::Figure => "figure",
            Self::Actions => "actions",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    Ascending,
    Descending,
}

/// A head that sorts: where it leads, and how the list is sorted by it now.
#[derive(Debug, Clone, Copy)]
pub struct Sort<'a> {
    pub href: &'a str,
    pub now: Option<Direction>,
}

#[derive(Debug, Clone, Copy, Default)]
pub struct Column<'a> {
    pub label: &'a str,
    pub width: Width,
    pub sort: Option<Sort<'a>>,
}

/// A cell is markup; use `ui::name_link`, `ui::wareki`, `ui::withheld` …
pub type Cell = Markup;

#[derive(Debug, Clone, Default)]
pub struct Row {
    pub cells: Vec<Cell>,
    pub selected: bool,
}

#[derive(Debug, Clone, Default)]
pub struct Table<'a> {
    /// Said to screen readers; seen only on paper.
    pub caption: &'a str,
    pub columns: &'a [Column<'a>],
    pub rows: &'a [Row],
    /// The sentence in place of the body when there is no row.
    pub empty: &'a str,
    /// Body keeps the keyboard: ↑↓ j k Enter.
    pub keys: bool,
}

/// Roles are spelled out because the phone layout takes `display: table` away.
pub fn table(t: Table) -> Markup {
    html! {
        table.fd-table role="table" data-keys[t.keys] {
            caption.fd-hidden { (t.caption) }
            thead role="rowgroup" { tr role="row" { @for column in t.columns { (head(column)) } } }
            tbody role="rowgroup" {
                @for row in t.rows {
                    tr role="row" data-selected[row.selected] {
                        @for (column, cell) in t.columns.iter().zip(&row.cells) {
                            td role="cell" data-col=(column.width.mark()) data-label=(column.label) { (cell) }
                        }
                    }
                }
                @if t.rows.is_empty() {
                    tr.fd-table__empty role="row" { td role="cell" colspan=(t.columns.len()) { (t.empty) } }
                }
            }
        }
    }
}

fn head(column: &Column) -> Markup {
    let now = column.sort.and_then(|sort| sort.now).map(|direction| match direction {
        Direction::Ascending => "ascending",
        Direction::Descending => "descending",
    });
    html! {
        th role="columnheader" scope="col" data-col=(column.width.mark()) aria-sort=[now] {
            @match column.sort {
                Some(sort) => a href=(sort.href) { (column.label) },
                None => (column.label),
            }
        }
    }
}

/// The filters of a list as one sentence, e.g. 「ヤマタ」に合う人, with its fields.
#[derive(Debug, Clone, Default)]
pub struct FilterBar<'a> {
    pub action: &'a str,
    /// Fields or plain words, in reading order.
    pub body: Markup,
    /// 「238人」
    pub found: &'a str,
    pub label: &'a str,
}

pub fn filter_bar(f: FilterBar) -> Markup {
    html! {
        form.fd-filter action=(f.action) method="get" role="search" aria-label=(f.label) {
            div.fd-filter__fields { (f.body) }
            (crate::button(crate::Button { kind: crate::Kind::Outline, label: "さがす", ..Default::default() }))
            p.fd-filter__found role="status" { (f.found) }
        }
    }
}
