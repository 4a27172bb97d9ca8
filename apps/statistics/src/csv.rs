//! CSV as the recommended data sets have it: UTF-8 with a mark at the beginning, CRLF (RFC 4180).

/// The mark that tells a spreadsheet that the letters are UTF-8.
const MARK: char = '\u{feff}';

/// A file of rows; the first one names the columns.
pub(crate) fn write<R: AsRef<[C]>, C: AsRef<str>>(rows: &[R]) -> String {
    let mut out = String::from(MARK);
    for row in rows {
        let cells: Vec<String> = row.as_ref().iter().map(|text| cell(text.as_ref())).collect();
        out.push_str(&cells.join(","));
        out.push_str("\r\n");
    }
    out
}

fn cell(text: &str) -> String {
    if text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_owned()
    }
}

/// A row with its number in the file, from 1.
pub(crate) type Row = (i64, Vec<String>);

/// Reads a file or what was pasted from one: with or without mark, CRLF or LF, quoted line ends; a file pasted from a
/// spreadsheet has tabs. Empty rows are left out.
///
/// # Errors
/// The row in which a quotation mark has no partner.
pub(crate) fn read(text: &str) -> Result<Vec<Row>, i64> {
    let text = text.trim_start_matches(MARK);
    let first = text.lines().next().unwrap_or_default();
    let comma = if first.contains('\t') && !first.contains(',') { '\t' } else { ',' };
    let mut rows = Vec::new();
    let (mut row, mut cell, mut quoted, mut number, mut begun) =
        (Vec::new(), String::new(), false, 1_i64, 1_i64);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if cell.is_empty() => quoted = true,
            // A mark in the middle comes from joined files.
            MARK => {}
            letter if letter == comma && !quoted => row.push(std::mem::take(&mut cell)),
            '\r' if !quoted && letters.peek() == Some(&'\n') => {}
            '\n' | '\r' if !quoted => {
                row.push(std::mem::take(&mut cell));
                rows.push((number, std::mem::take(&mut row)));
                number += 1;
                begun = number;
            }
            letter => cell.push(letter),
        }
    }
    if quoted {
        return Err(begun);
    }
    if !cell.is_empty() || !row.is_empty() {
        row.push(cell);
        rows.push((number, row));
    }
    rows.retain(|(_, cells)| cells.iter().any(|cell| !cell.trim().is_empty()));
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<&[(i64, &[&str])], i64>) {
        let found = read(text);
        let found: Result<Vec<(i64, Vec<&str>)>, i64> = found
            .as_ref()
            .map(|rows| {
                rows.iter()
                    .map(|(number, cells)| (*number, cells.iter().map(String::as_str).collect()))
                    .collect()
            })
            .map_err(|row| *row);
        let expected =
            expected.map(|rows| rows.iter().map(|(number, cells)| (*number, cells.to_vec())).collect());
        assert_eq!(found, expected);
    }

    #[test]
    fn files_are_read_as_spreadsheets_write_them() {
        check("\u{feff}a,b\r\n1,2\r\n", Ok(&[(1, &["a", "b"]), (2, &["1", "2"])]));
        check("a,b\n\n\"x,\"\"y\"\"\r\nz\",2", Ok(&[(1, &["a", "b"]), (3, &["x,\"y\"\r\nz", "2"])]));
        check("a\tb\n1,5\t", Ok(&[(1, &["a", "b"]), (2, &["1,5", ""])]));
        check("a,b\n1,\"2\n3,4", Err(2));
        check("", Ok(&[]));
    }

    #[test]
    fn what_is_written_is_read_again() {
        let rows = [vec!["名称", "備考"], vec!["a,\"b\"", "2\r\n行"]];
        let written = write(&rows);
        assert!(written.starts_with("\u{feff}名称,備考\r\n\"a,\"\"b\"\"\","), "{written:?}");
        assert_eq!(
            read(&written).map(|rows| rows[1].1.clone()),
            Ok(vec!["a,\"b\"".to_owned(), "2\r\n行".to_owned()])
        );
    }
}
