//! PostgreSQL: one OS thread a connection behind a channel, SERIALIZABLE with retry.
use std::collections::HashMap;
use std::time::Duration;

use base::MunicipalityId;
use crossbeam_channel::Receiver;
use postgres::error::SqlState;
use postgres::types::{FromSql, IsNull, ToSql, Type, private::BytesMut, to_sql_checked};
use postgres::{Client, NoTls, Statement};

use crate::store::{Isolation, Shared, Task};
use crate::tx::{self, Failure, Tx};
use crate::work::Verdict;
use crate::{DbError, Sql, Value};

/// How often a transaction is run again after conflicts.
const TRIES: u32 = 30;
/// Rows of one multi-row INSERT.
const SLICE: usize = 5000;

/// A connection with its prepared statements.
pub(crate) struct Session {
    client: Client,
    prepared: HashMap<String, Statement>,
}

impl Session {
    /// Opens a connection whose tables are found in `schema`.
    pub(crate) fn open(url: &str, schema: &str) -> Result<Self, DbError> {
        let mut config: postgres::Config =
            url.parse().map_err(|e| DbError::Unusable(format!("接続先の書き方が違います: {e}")))?;
        config.options(format!("-c search_path={schema}").as_str());
        config.application_name("fujidana");
        let client = config
            .connect(NoTls)
            .map_err(|e| DbError::Unusable(format!("PostgreSQL につなげません: {}", chain(&e))))?;
        Ok(Self { client, prepared: HashMap::new() })
    }

    pub(crate) fn command(&mut self, text: &str) -> Result<(), Failure> {
        self.client.batch_execute(text).map_err(failure)
    }

    pub(crate) fn run(&mut self, sql: &'static Sql, params: &[Value]) -> Result<u64, Failure> {
        let statement = self.prepare(sql.for_postgres())?;
        self.client.execute(&statement, &references(params)).map_err(failure)
    }

    pub(crate) fn query(&mut self, text: &str, params: &[Value]) -> Result<Vec<Vec<Value>>, Failure> {
        let statement = self.prepare(text)?;
        let rows = self.client.query(&statement, &references(params)).map_err(failure)?;
        rows.iter()
            .map(|row| (0..row.len()).map(|i| row.try_get::<_, Value>(i).map_err(failure)).collect())
            .collect()
    }

    /// `VALUES ($1, $2 …)` becomes `SELECT $1, r.p2 … FROM unnest(…)`: one message for thousands of rows.
    pub(crate) fn many(
        &mut self,
        sql: &'static Sql,
        municipality: MunicipalityId,
        rows: &[Vec<Value>],
    ) -> Result<u64, Failure> {
        let single = self.prepare(sql.for_postgres())?;
        let types = single.params()[1..].to_vec();
        let text = from_unnest(sql.for_postgres(), &types);
        let statement = self.prepare(&text)?;
        let mut touched = 0;
        for slice in rows.chunks(SLICE) {
            let columns: Vec<Column<'_>> =
                (0..types.len()).map(|i| Column { rows: slice, index: i }).collect();
            let mut params: Vec<&(dyn ToSql + Sync)> = vec![&municipality.0];
            params.extend(columns.iter().map(|column| column as &(dyn ToSql + Sync)));
            touched += self.client.execute(&statement, &params).map_err(failure)?;
        }
        Ok(touched)
    }

    fn prepare(&mut self, text: &str) -> Result<Statement, Failure> {
        if let Some(statement) = self.prepared.get(text) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(text).map_err(failure)?;
        self.prepared.insert(text.to_owned(), statement.clone());
        Ok(statement)
    }

    /// Numbers of parameters and columns, for the statement test.
    pub(crate) fn shape(&mut self, text: &str) -> Result<(usize, usize), Failure> {
        let statement = self.client.prepare(text).map_err(failure)?;
        Ok((statement.params().len(), statement.columns().len()))
    }
}

fn from_unnest(text: &str, types: &[Type]) -> String {
    let (head, rest) = text.split_once("VALUES").expect("a bulk statement has VALUES");
    let open = rest.find('(').expect("VALUES has a list");
    let close = rest.find(')').expect("VALUES has a list");
    let mut list = rest[open + 1..close].to_owned();
    for number in (2..types.len() + 2).rev() {
        list = list.replace(&format!("${number}"), &format!("r.p{number}"));
    }
    let arrays: Vec<String> =
        types.iter().enumerate().map(|(i, kind)| format!("CAST(${} AS {}[])", i + 2, kind.name())).collect();
    let names: Vec<String> = (2..types.len() + 2).map(|n| format!("p{n}")).collect();
    let (arrays, names, tail) = (arrays.join(", "), names.join(", "), &rest[close + 1..]);
    format!("{head}SELECT {list} FROM unnest({arrays}) AS r({names}) WHERE true{tail}")
}

/// One column of many rows, sent as an array.
#[derive(Debug)]
struct Column<'a> {
    rows: &'a [Vec<Value>],
    index: usize,
}

impl ToSql for Column<'_> {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        let values: Vec<&Value> = self.rows.iter().map(|row| &row[self.index]).collect();
        values.to_sql(kind, out)
    }
    fn accepts(kind: &Type) -> bool {
        matches!(*kind, Type::INT8_ARRAY | Type::TEXT_ARRAY | Type::BOOL_ARRAY | Type::BYTEA_ARRAY)
    }
    to_sql_checked!();
}

fn references(params: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    params.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}

impl ToSql for Value {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match (self, kind) {
            (Self::Null, _) => Ok(IsNull::Yes),
            (Self::Bool(truth), &Type::BOOL) => truth.to_sql(kind, out),
            (Self::Int(number), &Type::INT8) => number.to_sql(kind, out),
            (Self::Text(text), &Type::TEXT) => text.to_sql(kind, out),
            (Self::Blob(bytes), &Type::BYTEA) => bytes.to_sql(kind, out),
            (Self::Ints(numbers), &Type::INT8_ARRAY) => numbers.to_sql(kind, out),
            (Self::Texts(texts), &Type::TEXT_ARRAY) => texts.to_sql(kind, out),
            (value, kind) => Err(format!("a {} value for a parameter of type {kind}", value.kind()).into()),
        }
    }
    fn accepts(_: &Type) -> bool {
        true
    }
    to_sql_checked!();
}

impl<'a> FromSql<'a> for Value {
    fn from_sql(kind: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(match *kind {
            Type::BOOL => Self::Bool(FromSql::from_sql(kind, raw)?),
            Type::INT8 => Self::Int(FromSql::from_sql(kind, raw)?),
            Type::INT4 => Self::Int(i64::from(i32::from_sql(kind, raw)?)),
            Type::TEXT => Self::Text(FromSql::from_sql(kind, raw)?),
            Type::BYTEA => Self::Blob(FromSql::from_sql(kind, raw)?),
            _ => return Err(format!("a column of type {kind}, which is outside the portable set").into()),
        })
    }
    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self::Null)
    }
    fn accepts(_: &Type) -> bool {
        true
    }
}

/// Serves tasks on one connection until the store closes; opens it anew when it breaks.
pub(crate) fn serve_loop(
    url: &str,
    schema: &str,
    mut session: Session,
    tasks: &Receiver<Task>,
    shared: &Shared,
) {
    while let Ok(task) = tasks.recv() {
        if session.client.is_closed() {
            match Session::open(url, schema) {
                Ok(fresh) => session = fresh,
                Err(error) => {
                    task.work.finish(Err(error));
                    continue;
                }
            }
        }
        serve(&mut session, task, shared);
    }
}

fn serve(session: &mut Session, mut task: Task, shared: &Shared) {
    for attempt in 0..TRIES {
        let outcome = attempt_once(session, &mut task, shared);
        match outcome {
            Ok(Verdict::Again) => pause(attempt),
            Ok(Verdict::Keep | Verdict::Undo) => return task.work.finish(Ok(())),
            Err(message) => return task.work.finish(Err(DbError::Commit(message))),
        }
    }
    task.work.finish(Err(DbError::Conflict { tries: TRIES }));
}

/// Waits a little longer after each conflict.
fn pause(attempt: u32) {
    std::thread::sleep(Duration::from_micros(400 * u64::from(attempt + 1)));
}

fn attempt_once(session: &mut Session, task: &mut Task, shared: &Shared) -> Result<Verdict, String> {
    let begin = match task.isolation {
        Isolation::Serializable => "BEGIN ISOLATION LEVEL SERIALIZABLE",
        Isolation::ReadCommitted => "BEGIN ISOLATION LEVEL READ COMMITTED",
        Isolation::Snapshot => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    };
    session.command(begin).map_err(|f| f.message)?;
    if let Some(municipality) = task.municipality {
        // A sharding proxy pins the transaction to one shard by this line; PostgreSQL itself ignores it.
        let pin = format!("SET LOCAL pgdog.sharding_key TO '{municipality}'");
        session.command(&pin).map_err(|f| f.message)?;
    }
    let mut tx = Tx::new(tx::Connection::Postgres(session), task.municipality, shared);
    let verdict = task.work.run(&mut tx);
    let tidings = tx.tidings();
    if verdict != Verdict::Keep {
        session.command("ROLLBACK").map_err(|f| f.message)?;
        return Ok(verdict);
    }
    match session.command("COMMIT") {
        Ok(()) => {
            tidings.tell(shared);
            Ok(Verdict::Keep)
        }
        Err(failure) if failure.conflict => Ok(Verdict::Again),
        Err(failure) => Err(failure.message),
    }
}

fn failure(error: postgres::Error) -> Failure {
    let conflict = error.code().is_some_and(|code| {
        [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED].contains(code)
    });
    Failure { message: chain(&error), conflict }
}

pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}
