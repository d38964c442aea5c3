//! Pretty JSON, written straight into bytes: the documents are made of rows, and a tree of values would only copy them.

use crate::column::{ColumnType, Columns, Value};

/// A JSON text under construction. The caller opens and closes; the writer sets commas and indents.
#[derive(Debug, Default)]
pub(crate) struct JsonWriter {
    bytes: Vec<u8>,
    depth: usize,
    /// True when the innermost object or array holds something already.
    filled: bool,
}

impl JsonWriter {
    pub(crate) fn open(&mut self, bracket: char) {
        self.bytes.push(bracket as u8);
        self.depth += 1;
        self.filled = false;
    }

    pub(crate) fn close(&mut self, bracket: char) {
        self.depth = self.depth.saturating_sub(1);
        if self.filled {
            self.new_line();
        }
        self.bytes.push(bracket as u8);
        self.filled = true;
    }

    /// Begins an element of an array.
    pub(crate) fn element(&mut self) {
        if self.filled {
            self.bytes.push(b',');
        }
        self.new_line();
        self.filled = true;
    }

    /// Begins a member of an object; its value comes next.
    pub(crate) fn key(&mut self, key: &str) {
        self.element();
        self.text(key);
        self.bytes.extend_from_slice(b": ");
    }

    /// A whole member; nothing at all when the value is absent.
    pub(crate) fn member(&mut self, key: &str, value: Value<'_>) {
        match value {
            Value::Absent => return,
            // JSON has no infinity and no NaN; neither is ever a measurement here.
            Value::Float(value) if !value.is_finite() => return,
            _ => self.key(key),
        }
        match value {
            Value::Absent => {}
            Value::Text(text) => self.text(text),
            Value::Integer(value) => {
                serde_json::to_writer(&mut self.bytes, &value).unwrap_or_default()
            }
            Value::Float(value) => {
                serde_json::to_writer(&mut self.bytes, &value).unwrap_or_default()
            }
            Value::Boolean(value) => {
                self.bytes
                    .extend_from_slice(if value { b"true" } else { b"false" })
            }
            Value::Texts(texts) => {
                self.open('[');
                for text in texts {
                    self.element();
                    self.text(text);
                }
                self.close(']');
            }
        }
    }

    /// An object whose members are the columns of a row that hold something.
    pub(crate) fn row<R>(&mut self, columns: Columns<R>, row: &R) {
        self.open('{');
        self.members(columns, row);
        self.close('}');
    }

    /// The columns of a row that hold something, as members of the object that is open. An instant is there in seconds already.
    pub(crate) fn members<R>(&mut self, columns: Columns<R>, row: &R) {
        for column in columns.iter().copied().flatten() {
            if column.spec.column_type != ColumnType::Instant {
                self.member(column.spec.name, (column.get)(row));
            }
        }
    }

    /// The whole text.
    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.bytes.push(b'\n');
        self.bytes
    }

    /// A text with its quotes and escapes. Writing into a vector cannot fail.
    fn text(&mut self, text: &str) {
        serde_json::to_writer(&mut self.bytes, text).unwrap_or_default();
    }

    fn new_line(&mut self) {
        self.bytes.push(b'\n');
        self.bytes.extend(std::iter::repeat_n(b' ', self.depth * 2));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_absent_leaves_no_trace_and_the_rest_is_json() {
        let mut json = JsonWriter::default();
        json.open('{');
        json.member("a", Value::Absent);
        json.member("b", Value::Text("x \"y\"\n\u{1}"));
        json.member("c", Value::Float(1.23e-10));
        json.member("d", Value::Float(f64::NEG_INFINITY));
        json.member("e", Value::Texts(&[]));
        json.member("f", Value::Texts(&["g".to_owned(), "h".to_owned()]));
        json.key("i");
        json.open('[');
        json.close(']');
        json.close('}');
        let bytes = json.finish();
        let read: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        let expected = serde_json::json!({"b": "x \"y\"\n\u{1}", "c": 1.23e-10, "e": [], "f": ["g", "h"], "i": []});
        assert_eq!(read, expected);
    }
}
