//! DataFusion's errors as sentences: what was found, where in the statement, and what was probably meant.

use datafusion::common::{DataFusionError, SchemaError, Span};
use datafusion::sql::sqlparser::parser::ParserError;

use crate::error::Error;
use crate::lake::root_cause;
use crate::place::Place;
use crate::quantity::bytes;

/// An error while a statement is read or planned.
pub(crate) fn of_statement(statement: &str, error: &DataFusionError) -> Error {
    if let Some(ours) = our_own(error) {
        return ours;
    }
    let root = error.find_root();
    let diagnosed = error.diagnostic();
    let place = diagnosed.and_then(|diagnostic| diagnostic.span.and_then(place));
    match root {
        DataFusionError::SQL(cause, _) => of_parser(cause),
        DataFusionError::SchemaError(cause, _) => of_names(statement, cause, place),
        _ => {
            let message = root.message();
            let message =
                trimmed(diagnosed.map_or(message.as_ref(), |diagnostic| &diagnostic.message));
            let hint = diagnosed.and_then(|diagnostic| {
                let note = diagnostic
                    .notes
                    .first()?
                    .message
                    .strip_prefix("Possible function '")?;
                Some(format!("; did you mean `{}`?", note.trim_end_matches('\'')))
            });
            let message = format!("{}{}", lower(&message), hint.unwrap_or_default());
            Error::Statement { message, place }
        }
    }
}

/// An error while a query runs.
pub(crate) fn of_execution(error: &DataFusionError, memory: usize) -> Error {
    if let Some(ours) = our_own(error) {
        return ours;
    }
    let root = error.find_root();
    Error::Failed(match root {
        DataFusionError::ResourcesExhausted(_) => format!(
            "the query needs more than the {} that it may have: ask for fewer columns, days or groups, or give it more with --memory",
            bytes(u64::try_from(memory).unwrap_or(u64::MAX))
        ),
        DataFusionError::ParquetError(cause) => {
            format!(
                "a file of the lake cannot be read: {}; `lanewatch lake verify` says which",
                root_cause(cause)
            )
        }
        DataFusionError::ObjectStore(cause) => {
            format!("the lake cannot be read: {}", root_cause(cause))
        }
        other => lower(&trimmed(&other.message())),
    })
}

/// An error in what is ours: a view or a table that should always work.
pub(crate) fn of_ours(what: &str, error: &DataFusionError) -> Error {
    our_own(error).unwrap_or_else(|| {
        Error::Failed(format!(
            "`{what}` cannot be made ready: {}",
            trimmed(&error.find_root().message())
        ))
    })
}

/// An unknown table or view.
pub(crate) fn unknown_table(statement: &str, name: &str, there_are: &[String]) -> Error {
    let hint = did_you_mean(name, there_are.iter().map(String::as_str));
    let hint = hint.unwrap_or_else(|| format!("; there are {}", list(there_are)));
    Error::Statement {
        message: format!("there is no table `{name}` in this lake{hint}"),
        place: Place::of_word(statement, name),
    }
}

/// What is put in between by our own code comes back as it was.
fn our_own(error: &DataFusionError) -> Option<Error> {
    let mut next: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = next {
        match error.downcast_ref::<Error>() {
            Some(Error::Usage(message)) => return Some(Error::Usage(message.clone())),
            Some(other) => return Some(Error::Failed(other.to_string())),
            None => next = error.source(),
        }
    }
    None
}

/// The parser says where at the end of its message.
fn of_parser(cause: &ParserError) -> Error {
    let message = match cause {
        ParserError::TokenizerError(message) | ParserError::ParserError(message) => {
            message.as_str()
        }
        ParserError::RecursionLimitExceeded => {
            "the statement is nested too deeply: at most 50 levels are read"
        }
    };
    let (message, place) = match message.rsplit_once(" at Line: ") {
        None => (message, None),
        Some((message, place)) => {
            let numbers = place.split_once(", Column: ");
            let numbers = numbers
                .and_then(|(line, column)| Some((line.parse().ok()?, column.trim().parse().ok()?)));
            let place = numbers.filter(|(line, _)| *line > 0);
            (
                message,
                place.map(|(line, column)| Place {
                    line,
                    column,
                    length: 1,
                }),
            )
        }
    };
    Error::Statement {
        message: lower(&trimmed(message)),
        place,
    }
}

fn of_names(statement: &str, cause: &SchemaError, place: Option<Place>) -> Error {
    let (name, message) = match cause {
        SchemaError::FieldNotFound {
            field,
            valid_fields,
        } => {
            let names: Vec<&str> = valid_fields
                .iter()
                .map(|column| column.name.as_str())
                .collect();
            let hint = did_you_mean(&field.name, names.iter().copied());
            let hint =
                hint.unwrap_or_else(|| "; `--tables` lists the columns of each table".to_owned());
            let of = field
                .relation
                .as_ref()
                .map_or_else(String::new, |table| format!(" in `{table}`"));
            (
                field.name.clone(),
                format!("there is no column `{}`{of}{hint}", field.name),
            )
        }
        SchemaError::AmbiguousReference { field } => (
            field.name.clone(),
            format!(
                "the column `{0}` is in more than one table: say which, as in `lane_dom.{0}`",
                field.name
            ),
        ),
        SchemaError::DuplicateQualifiedField { name, .. }
        | SchemaError::DuplicateUnqualifiedField { name } => (
            name.clone(),
            format!("the column `{name}` is there twice: give one of them another name with AS"),
        ),
    };
    let place = place.or_else(|| Place::of_word(statement, &name));
    Error::Statement { message, place }
}

/// The name that was probably meant, as the end of a sentence.
fn did_you_mean<'a>(written: &str, names: impl Iterator<Item = &'a str>) -> Option<String> {
    let written = written.to_lowercase();
    let near = names.map(|name| (strsim::damerau_levenshtein(&written, name), name));
    let near = near.filter(|(distance, name)| *distance * 3 <= name.len().max(written.len()));
    let (_, name) = near.min_by_key(|(distance, name)| (*distance, name.len()))?;
    Some(format!("; did you mean `{name}`?"))
}

fn list(names: &[String]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        None => "none".to_owned(),
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

fn place(span: Span) -> Option<Place> {
    let number = |value: u64| usize::try_from(value).ok().filter(|value| *value > 0);
    let (line, column) = (number(span.start.line)?, number(span.start.column)?);
    let same_line = span.end.line == span.start.line;
    let length = if same_line {
        span.end.column.saturating_sub(span.start.column)
    } else {
        1
    };
    Some(Place {
        line,
        column,
        length: usize::try_from(length).unwrap_or(1).max(1),
    })
}

/// The message without what DataFusion says of itself.
fn trimmed(message: &str) -> String {
    let end = [
        "\n\nbacktrace:",
        "\nThis issue was likely caused by a bug",
        ". This issue was likely caused by a bug",
        "\nDid you mean",
    ]
    .iter()
    .filter_map(|tail| message.find(tail))
    .min();
    let message = message
        .get(..end.unwrap_or(message.len()))
        .unwrap_or(message);
    let mut message = message.trim();
    for head in [
        "sql parser error: ",
        "Error during planning: ",
        "Execution error: ",
        "SQL error: ",
    ] {
        message = message.strip_prefix(head).unwrap_or(message);
    }
    match message.trim_end_matches('.') {
        "The context currently only supports a single SQL statement" => {
            "one statement is answered at a time: found several".to_owned()
        }
        message => message.to_owned(),
    }
}

fn lower(message: &str) -> String {
    let mut letters = message.chars();
    match letters.next() {
        // `SELECT` stays, `Expected` does not.
        Some(first) if letters.clone().next().is_some_and(char::is_lowercase) => {
            first.to_lowercase().chain(letters).collect()
        }
        _ => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant_is_near() {
        let names = || ["rx_power", "rx_power_mw", "tx_power", "lane"].into_iter();
        assert_eq!(
            did_you_mean("rx_pwr", names()).as_deref(),
            Some("; did you mean `rx_power`?")
        );
        assert_eq!(
            did_you_mean("RX_POWER", names()).as_deref(),
            Some("; did you mean `rx_power`?")
        );
        assert_eq!(did_you_mean("weather", names()), None);
    }

    #[test]
    fn the_parsers_place_is_taken_out_of_its_message() {
        let cause = ParserError::ParserError(
            "Expected: an expression, found: FROM at Line: 2, Column: 8".to_owned(),
        );
        let Error::Statement { message, place } = of_parser(&cause) else {
            panic!()
        };
        assert_eq!(message, "expected: an expression, found: FROM");
        assert_eq!(
            place,
            Some(Place {
                line: 2,
                column: 8,
                length: 1
            })
        );
    }

    #[test]
    fn what_datafusion_says_of_itself_is_left_out() {
        let long = "Error during planning: no such thing.\nThis issue was likely caused by a bug in DataFusion's code.";
        assert_eq!(trimmed(long), "no such thing");
    }
}
