//! One reply into rows: texts are gathered on the way through the items, and become values when all is known of a row.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use super::definition::{FieldType, MappedField, Mapping};
use super::numbers;
use super::rows::{MappedRow, MappedRows};
use super::units::Unit;
use crate::column::OwnedValue;
use crate::note::{Note, Notes, shortened};
use crate::value::{self, Reading, State};
use crate::xml::{Cursor, Damage, Element, Outcome, Shape, walk};

/// Deeper nesting than a path may have steps; it bounds the recursion whatever a catalogue says.
const MAX_STEPS: usize = 64;

/// One place to look for one field's text.
struct TextSource<'m> {
    field: usize,
    /// The element of the item path at which the steps begin, as an index into [`RowReader::names`].
    level: usize,
    steps: &'m [String],
    attribute: Option<&'m str>,
}

/// The texts of a row, one for each source.
type Texts = Vec<Option<Box<str>>>;

struct RowReader<'m> {
    /// The elements of the item path that are read: the first is the walk's item, the last the row.
    names: &'m [String],
    sources: Vec<TextSource<'m>>,
}

/// Adds the rows of a reply to `tables`, in which a mapping has one table. The text is the whole reply, `arrived` the UTC
/// second at which it arrived. Never fails as a whole; what cannot be used costs a note.
pub fn read(
    mapping: &Arc<Mapping>,
    reply: &str,
    arrived: i64,
    tables: &mut Vec<MappedRows>,
    notes: &mut Notes,
) -> Outcome {
    let reader = RowReader::of(mapping);
    let all = &mapping.items.names;
    let (Some(container), Some(item)) = (all.first(), reader.names.first()) else {
        return Outcome::default(); // a path has a name
    };
    let items = [item.as_str()];
    let shape = Shape {
        container,
        items: &items,
        restart_at: Some(item),
    };
    let mut rows: Vec<(Option<Arc<str>>, Texts)> = Vec::new();
    let outcome = walk(reply, &shape, |cursor, element, engine| {
        let mut found = Vec::new();
        // Rows that were complete before the damage are kept.
        let result = reader.level(cursor, element, 0, &mut found);
        rows.extend(found.into_iter().map(|texts| (engine.cloned(), texts)));
        result
    });
    let kept = {
        let table = match tables
            .iter()
            .position(|known| known.mapping.name == mapping.name)
        {
            Some(at) => &mut tables[at],
            None if outcome.payload_seen => {
                tables.push(MappedRows::new(mapping, arrived));
                let last = tables.len() - 1;
                &mut tables[last]
            }
            None => return outcome,
        };
        table.arrived = arrived;
        let before = table.rows.len();
        let mut seen: HashSet<String> = table.rows.iter().map(|row| key(mapping, row)).collect();
        for (routing_engine, texts) in rows {
            let row = MappedRow {
                cells: cells(mapping, &reader.sources, texts, notes),
                routing_engine,
                timestamp: arrived,
            };
            if row.cells.iter().all(|cell| *cell == OwnedValue::Absent) {
                note(
                    notes,
                    mapping,
                    "items",
                    "an item that holds none of the fields",
                    "at least one of them",
                );
            } else if seen.insert(key(mapping, &row)) {
                table.rows.push(row);
            } else {
                let found = format!("{} again", row.name(mapping.keys().len()));
                note(notes, mapping, "key", &found, "every item once");
            }
        }
        table.rows.len() - before
    };
    Outcome {
        found: kept,
        ..outcome
    }
}

fn note(notes: &mut Notes, mapping: &Mapping, field: &str, found: &str, expected: &'static str) {
    notes.push(Note {
        rpc: mapping.name.to_string().into(),
        interface: None,
        lane: None,
        field: field.to_owned().into(),
        found: found.to_owned(),
        expected: expected.into(),
    });
}

/// What tells a row apart: the routing engine that sent it and its key.
fn key(mapping: &Mapping, row: &MappedRow) -> String {
    let keys = row.cells.iter().take(mapping.keys().len());
    format!("{:?} {:?}", row.routing_engine, keys.collect::<Vec<_>>())
}

impl<'m> RowReader<'m> {
    fn of(mapping: &'m Mapping) -> Self {
        let names = &mapping.items.names;
        let paths = || {
            mapping
                .fields
                .iter()
                .enumerate()
                .flat_map(|(at, field)| field.paths.iter().map(move |path| (at, path)))
        };
        let up = paths().map(|(_, path)| path.levels_up()).max().unwrap_or(0);
        // The payload's element is read as a whole only where a value of it is asked for.
        let first = usize::from(names.len() > 1 && up < names.len() - 1);
        let names = &names[first..];
        let sources = paths().filter_map(|(field, path)| {
            let level = (names.len() - 1).checked_sub(path.levels_up())?;
            (path.steps.len() <= MAX_STEPS).then_some(TextSource {
                field,
                level,
                steps: &path.steps,
                attribute: path.attribute.as_deref(),
            })
        });
        Self {
            sources: sources.collect(),
            names,
        }
    }

    /// Reads an element of the item path: its own texts, and the rows in it.
    fn level<'a>(
        &self,
        cursor: &mut Cursor<'a>,
        element: &Element<'a>,
        level: usize,
        rows: &mut Vec<Texts>,
    ) -> Result<(), Damage> {
        let start = rows.len();
        let mut texts: Texts = vec![None; self.sources.len()];
        let active: Vec<usize> = (0..self.sources.len())
            .filter(|&at| self.sources[at].level == level)
            .collect();
        let inner = self
            .names
            .get(level + 1)
            .map(|name| (name.as_str(), level + 1));
        let result = self.element(cursor, element, &active, 0, &mut texts, inner, rows);
        if inner.is_none() {
            // A row ends with its element; a damaged one is not a row.
            if result.is_ok() {
                rows.push(texts);
            }
            return result;
        }
        for row in &mut rows[start..] {
            for &at in &active {
                row[at].clone_from(&texts[at]);
            }
        }
        result
    }

    /// Gathers the texts of the active sources, of which `depth` steps have led here. `inner` are rows to look for on the way.
    #[expect(
        clippy::too_many_arguments,
        reason = "one recursion, its state on the stack"
    )]
    fn element<'a>(
        &self,
        cursor: &mut Cursor<'a>,
        element: &Element<'a>,
        active: &[usize],
        depth: usize,
        texts: &mut Texts,
        inner: Option<(&str, usize)>,
        rows: &mut Vec<Texts>,
    ) -> Result<(), Damage> {
        let (ends, deeper): (Vec<usize>, Vec<usize>) = active
            .iter()
            .partition(|&&at| self.sources[at].steps.len() == depth);
        let mut own_text = Vec::new();
        for at in ends {
            match self.sources[at].attribute {
                Some(name) if texts[at].is_none() => {
                    texts[at] = element.attribute(name).map(|value| value.trim().into());
                }
                None if texts[at].is_none() => own_text.push(at),
                _ => {}
            }
        }
        let has_children = inner.is_some() || !deeper.is_empty();
        let mut child_of = |cursor: &mut Cursor<'a>, child: &Element<'a>| {
            if let Some((name, level)) = inner
                && child.name() == name
            {
                return self.level(cursor, child, level, rows);
            }
            let wanted: Vec<usize> = deeper
                .iter()
                .copied()
                .filter(|&at| self.sources[at].steps[depth] == child.name())
                .collect();
            if wanted.is_empty() {
                return Ok(());
            }
            self.element(
                cursor,
                child,
                &wanted,
                depth + 1,
                texts,
                None,
                &mut Vec::new(),
            )
        };
        let own: Cow<'_, str> = match (own_text.is_empty(), has_children) {
            (true, true) => {
                cursor.each_child(element, child_of)?;
                return Ok(());
            }
            (true, false) => return Ok(()),
            (false, false) => cursor.text(element)?,
            (false, true) => cursor.each_child_with_text(element, &mut child_of)?.into(),
        };
        for at in own_text {
            texts[at] = Some(own.as_ref().into());
        }
        Ok(())
    }
}

/// The values of a row; a text that cannot be read costs a note, and the next place is looked at.
fn cells(
    mapping: &Mapping,
    sources: &[TextSource<'_>],
    mut texts: Texts,
    notes: &mut Notes,
) -> Vec<OwnedValue> {
    let first_note = notes.len();
    let mut cells = vec![OwnedValue::Absent; mapping.fields.len()];
    for (source, text) in sources.iter().zip(&mut texts) {
        let (field, cell) = (&mapping.fields[source.field], &mut cells[source.field]);
        let Some(text) = text.take().filter(|_| *cell == OwnedValue::Absent) else {
            continue;
        };
        match value_of(field, &text) {
            Reading::Measured(value) => *cell = value,
            Reading::Absent(State::Invalid) => {
                note(
                    notes,
                    mapping,
                    &field.name,
                    &shortened(&text),
                    field.field_type.expected(),
                );
            }
            Reading::Absent(_) => {}
        }
    }
    let name = cells[..mapping.keys]
        .iter()
        .map(OwnedValue::to_string)
        .collect::<Vec<_>>()
        .join(" ");
    notes.place(first_note, &Arc::from(name.trim()));
    cells
}

fn value_of(field: &MappedField, text: &str) -> Reading<OwnedValue> {
    let text = text.trim();
    if let Some(state) = value::absence(text) {
        return Reading::Absent(state);
    }
    let allows =
        |word: &str| word.is_empty() || field.unit.is_some_and(|unit: &Unit| unit.allows(word));
    let read = match field.field_type {
        FieldType::Text => Some(OwnedValue::Text(text.into())),
        FieldType::Integer => numbers::whole(text, allows).map(OwnedValue::Integer),
        FieldType::Float => {
            // "34 degrees C / 93 degrees F": what stands after the slash is the same again.
            let is_temperature = field.unit.is_some_and(|unit| unit.code == "Cel");
            let text = text
                .split('/')
                .next()
                .filter(|_| is_temperature)
                .unwrap_or(text);
            numbers::real(text.trim(), allows).map(OwnedValue::Float)
        }
        FieldType::Boolean => truth(text).map(OwnedValue::Boolean),
        FieldType::Duration => numbers::duration_seconds(text).map(OwnedValue::Integer),
    };
    read.map_or(Reading::Invalid, Reading::Measured)
}

fn truth(text: &str) -> Option<bool> {
    const YES: [&str; 8] = ["true", "yes", "on", "up", "enabled", "online", "ok", "1"];
    const NO: [&str; 7] = ["false", "no", "off", "down", "disabled", "offline", "0"];
    let is = |word: &&str| word.eq_ignore_ascii_case(text);
    if YES.iter().any(is) {
        Some(true)
    } else if NO.iter().any(is) {
        Some(false)
    } else {
        None
    }
}
