//! The SQL that both engines, and those that speak PostgreSQL's language, understand alike.

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token {
    /// A keyword or name, in capitals.
    Word(String),
    /// A quoted text, a number: its content never matters here.
    Literal,
    /// `$2`.
    Parameter,
    Sign(char),
}

impl Token {
    pub fn is(&self, word: &str) -> bool {
        matches!(self, Self::Word(own) if own == word)
    }
    pub fn sign(&self, sign: char) -> bool {
        matches!(self, Self::Sign(own) if *own == sign)
    }
    /// A name as it is written in the catalogue.
    pub fn name(&self) -> Option<String> {
        if let Self::Word(word) = self { Some(word.to_ascii_lowercase()) } else { None }
    }
}

/// A token and the line of the text (0 for the first) where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    pub token: Token,
    pub line: usize,
}

pub fn tokens(text: &str) -> Vec<Placed> {
    let mut found = Vec::new();
    let mut line = 0;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (token, length) = if first.is_alphabetic() || first == '_' {
            let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
            (Some(Token::Word(rest[..end].to_ascii_uppercase())), end)
        } else if first == '\'' {
            (Some(Token::Literal), rest[1..].find('\'').map_or(rest.len(), |n| n + 2))
        } else if first.is_ascii_digit() {
            (Some(Token::Literal), rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()))
        } else if first == '$' {
            let digits = rest[1..].find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len() - 1);
            (Some(Token::Parameter), digits + 1)
        } else if rest.starts_with("--") {
            (None, rest.find('\n').unwrap_or(rest.len()))
        } else if first.is_whitespace() || first == '\\' {
            // A backslash continues a Rust string on the next line.
            (None, first.len_utf8())
        } else {
            (Some(Token::Sign(first)), first.len_utf8())
        };
        found.extend(token.map(|token| Placed { token, line }));
        line += rest[..length].matches('\n').count();
        rest = &rest[length..];
    }
    found
}

pub const TYPES: &[&str] = &["BIGINT", "BOOLEAN", "TEXT", "BYTEA"];

/// Words that an engine lacks, or that break when one store becomes many shards.
const FORBIDDEN: &[(&str, &str)] = &[
    ("LISTEN", "poll the job table"),
    ("NOTIFY", "poll the job table"),
    ("SERIAL", "take the id from tx.new_id"),
    ("BIGSERIAL", "take the id from tx.new_id"),
    ("SMALLSERIAL", "take the id from tx.new_id"),
    ("IDENTITY", "take the id from tx.new_id"),
    ("AUTOINCREMENT", "take the id from tx.new_id"),
    ("SEQUENCE", "take the id from tx.new_id"),
    ("NEXTVAL", "take the id from tx.new_id"),
    ("TRIGGER", "write it in the command"),
    ("FUNCTION", "write it in the command"),
    ("PROCEDURE", "write it in the command"),
    ("ENUM", "use TEXT with a code"),
    ("ARRAY", "use a list parameter or rows"),
    ("JSON", "JSON is TEXT and is never queried inside"),
    ("JSONB", "JSON is TEXT and is never queried inside"),
    ("UUID", "ids are BIGINT"),
    ("NUMERIC", "money is whole yen in BIGINT"),
    ("REAL", "there is no floating point"),
    ("TIMESTAMP", "instants are BIGINT microseconds"),
    ("TIMESTAMPTZ", "instants are BIGINT microseconds"),
    ("CURRENT_TIMESTAMP", "time is an argument"),
    ("CURRENT_DATE", "time is an argument"),
    ("NOW", "time is an argument"),
    ("RANDOM", "randomness is an argument"),
    ("TEMP", "use a subquery"),
    ("TEMPORARY", "use a subquery"),
    ("ILIKE", "search a normalised key column"),
    ("UPPER", "normalise in Rust: the engines fold differently"),
    ("LOWER", "normalise in Rust: the engines fold differently"),
    ("MERGE", "use INSERT … ON CONFLICT"),
    ("AVG", "divide CAST(SUM(x) AS BIGINT) by COUNT(*) in Rust"),
    ("PRAGMA", "only the db crate sets up an engine"),
];

/// What in the text is outside the subset: line (0 for the first) and what to do.
pub fn outside_subset(text: &str) -> Vec<(usize, String)> {
    let tokens = tokens(text);
    let mut found = Vec::new();
    for (i, placed) in tokens.iter().enumerate() {
        let advice =
            forbidden(&tokens, i).or_else(|| bad_sequence(&tokens, i)).or_else(|| bad_sum(&tokens, i));
        found.extend(advice.map(|advice| (placed.line, advice)));
    }
    found
}

fn forbidden(tokens: &[Placed], i: usize) -> Option<String> {
    let Token::Word(word) = &tokens[i].token else { return None };
    if word.starts_with("PG_") {
        return Some(format!("{word} exists on PostgreSQL alone (no advisory lock, no catalogue)"));
    }
    // `x.json` would be a column; these words are no good names for one either.
    FORBIDDEN.iter().find(|(bad, _)| bad == word).map(|(bad, advice)| format!("{bad}: {advice}"))
}

fn bad_sequence(tokens: &[Placed], i: usize) -> Option<String> {
    let next = |n: usize| tokens.get(i + n).map(|placed| &placed.token);
    let is = |n: usize, word: &str| next(n).is_some_and(|token| token.is(word));
    let sign = |n: usize, c: char| next(n).is_some_and(|token| token.sign(c));
    if is(0, "LOCK") && is(1, "TABLE") {
        return Some("LOCK TABLE: a serialisable transaction needs none".to_owned());
    }
    if next(0) == Some(&Token::Parameter) && is(1, "IS") && (is(2, "NULL") || is(2, "NOT")) {
        return Some("a parameter has no type there: CAST($2 AS BIGINT) IS NULL".to_owned());
    }
    if sign(0, ':') && sign(1, ':') {
        return Some("`::` is PostgreSQL's own: CAST(x AS TEXT)".to_owned());
    }
    if sign(0, '[') {
        return Some("no arrays: use a list parameter, IN INTS($2)".to_owned());
    }
    if is(0, "CAST") && sign(1, '(') {
        let end = closing(tokens, i + 1);
        let kind = tokens.get(end.wrapping_sub(1)).and_then(|placed| placed.token.name()).unwrap_or_default();
        if !TYPES.contains(&&*kind.to_ascii_uppercase()) {
            return Some(format!("CAST to {kind}: the types are {}", TYPES.join(", ")));
        }
    }
    None
}

/// `SUM` of BIGINT is NUMERIC on PostgreSQL.
fn bad_sum(tokens: &[Placed], i: usize) -> Option<String> {
    if !(tokens[i].token.is("SUM") && tokens.get(i + 1).is_some_and(|next| next.token.sign('('))) {
        return None;
    }
    let inside_cast = (1..i).any(|open| {
        let end = closing(tokens, open);
        tokens[open].token.sign('(')
            && tokens[open - 1].token.is("CAST")
            && end > i
            && end < tokens.len()
            && tokens[end - 2].token.is("AS")
            && tokens[end - 1].token.is("BIGINT")
    });
    (!inside_cast).then(|| "SUM is NUMERIC on PostgreSQL: CAST(SUM(x) AS BIGINT)".to_owned())
}

/// The place of the `)` that closes the `(` at `open`; the number of tokens where there is none.
pub fn closing(tokens: &[Placed], open: usize) -> usize {
    let mut depth = 0_i32;
    for (i, placed) in tokens.iter().enumerate().skip(open) {
        depth += i32::from(placed.token.sign('(')) - i32::from(placed.token.sign(')'));
        if depth == 0 {
            return i;
        }
    }
    tokens.len()
}

/// The names after FROM, JOIN, INTO, UPDATE and TABLE: tables, and names that WITH defines.
pub fn tables(text: &str) -> Vec<(usize, String)> {
    let tokens = tokens(text);
    let mut found = Vec::new();
    let mut add = |i: usize| {
        let name = tokens.get(i).and_then(|placed| placed.token.name());
        found.extend(name.map(|name| (tokens[i].line, name)));
    };
    for i in 0..tokens.len() {
        let word = |word: &str| tokens[i].token.is(word);
        if word("JOIN") || word("INTO") || word("UPDATE") || word("TABLE") || word("REFERENCES") {
            add(i + 1);
        } else if word("FROM") {
            add(i + 1);
            // FROM a x, b AS y
            let mut at = i + 2;
            while let Some(placed) = tokens.get(at) {
                if placed.token.sign(',') {
                    add(at + 1);
                    at += 2;
                } else if matches!(&placed.token, Token::Word(w) if !ENDS_FROM.contains(&w.as_str())) {
                    at += 1;
                } else {
                    break;
                }
            }
        }
    }
    found
}

/// What may follow the list of tables of a FROM.
const ENDS_FROM: &[&str] = &[
    "WHERE",
    "JOIN",
    "LEFT",
    "INNER",
    "CROSS",
    "ON",
    "ORDER",
    "GROUP",
    "LIMIT",
    "UNION",
    "EXCEPT",
    "SET",
    "RETURNING",
    "FOR",
    "HAVING",
    "OFFSET",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(text: &str, advice: &str) {
        let found = outside_subset(text);
        assert!(found.iter().any(|(_, text)| text.contains(advice)), "{text}: {found:?}");
    }

    #[track_caller]
    fn accepted(text: &str) {
        assert_eq!(outside_subset(text), vec![], "{text}");
    }

    #[test]
    fn words_of_one_engine_are_refused() {
        refused("SELECT nextval('x')", "tx.new_id");
        refused("SELECT pg_advisory_xact_lock($2)", "PostgreSQL alone");
        refused("NOTIFY job", "poll");
        refused("SELECT name FROM a WHERE name ILIKE $2", "key column");
        refused("CREATE TEMP TABLE a (b TEXT)", "subquery");
        refused("LOCK TABLE job", "LOCK TABLE");
        refused("SELECT AVG(x) FROM a", "AVG");
        refused("SELECT x::BIGINT FROM a", "CAST");
        refused("SELECT x[1] FROM a", "arrays");
        refused("SELECT CAST(x AS NUMERIC) FROM a", "NUMERIC");
        refused("SELECT CAST(x AS INTEGER) FROM a", "CAST to integer");
    }

    #[test]
    fn a_sum_is_cast_to_bigint() {
        refused("SELECT SUM(x) FROM a", "CAST(SUM(x) AS BIGINT)");
        refused("SELECT CAST(x AS BIGINT), SUM(x) FROM a", "CAST(SUM(x) AS BIGINT)");
        refused("SELECT CAST(SUM(x) AS TEXT) FROM a", "CAST(SUM(x) AS BIGINT)");
        accepted("SELECT CAST(SUM(x) AS BIGINT) FROM a");
        accepted("SELECT CAST(COALESCE(SUM(x), 0) AS BIGINT) FROM a");
    }

    #[test]
    fn a_bare_parameter_has_no_type() {
        refused("SELECT 1 FROM a WHERE $2 IS NULL", "CAST($2");
        refused("SELECT 1 FROM a WHERE $2 IS NOT NULL", "CAST($2");
        accepted("SELECT 1 FROM a WHERE CAST($2 AS BIGINT) IS NULL AND b = $3");
    }

    #[test]
    fn the_subset_is_accepted() {
        accepted(
            "SELECT id FROM a WHERE name LIKE $2 AND id IN INTS($3) ORDER BY on_day NULLS LAST LIMIT 50",
        );
        accepted("INSERT INTO a (id) VALUES ($2) ON CONFLICT (id) DO NOTHING RETURNING id");
        accepted("SELECT 'ILIKE' FROM a -- no SERIAL here");
    }

    #[test]
    fn lines_are_counted() {
        assert_eq!(outside_subset("SELECT\n'a\nb',\nAVG(x)")[0].0, 3);
    }

    #[test]
    fn tables_are_found() {
        let text =
            "WITH x AS (SELECT 1 FROM a) INSERT INTO b SELECT 1 FROM c q, d AS r LEFT JOIN e ON e.f = c.g";
        let names: Vec<String> = tables(text).into_iter().map(|(_, name)| name).collect();
        assert_eq!(names, ["a", "b", "c", "d", "e"]);
    }
}
