//! The columns of the lake are a contract: names, types and order stand in `schema.txt`, and only grow at the end.
//!
//! `UPDATE_FIXTURES=1 cargo test` writes the file anew.

use std::fmt::Write as _;
use std::path::Path;

use records::tables::DATASETS;

#[test]
fn the_schemas_are_as_written_down() {
    let mut found = String::new();
    for dataset in DATASETS.iter() {
        writeln!(
            found,
            "[{}] {} by {}",
            dataset.name,
            dataset.file_stem,
            dataset.sort_columns.join(", ")
        )
        .unwrap();
        for field in dataset.schema().fields() {
            let (unit, role) = (&field.metadata()["unit"], &field.metadata()["role"]);
            let null = if field.is_nullable() { "" } else { " required" };
            writeln!(
                found,
                "{} {}{null} {role} {unit}",
                field.name(),
                field.data_type()
            )
            .unwrap();
        }
        writeln!(found).unwrap();
    }
    let path = Path::new("tests/suite/schema.txt");
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        std::fs::write(path, &found).unwrap();
    }
    let expected = std::fs::read_to_string(path).unwrap();
    assert_eq!(found, expected, "UPDATE_FIXTURES=1 rewrites it");
}

#[test]
fn every_column_says_what_it_means_and_names_are_unique() {
    for dataset in DATASETS.iter() {
        let schema = dataset.schema();
        let mut names: Vec<_> = schema.fields().iter().map(|field| field.name()).collect();
        assert!(
            schema
                .fields()
                .iter()
                .all(|field| !field.metadata()["meaning"].is_empty())
        );
        names.sort();
        assert!(
            names.windows(2).all(|pair| pair[0] != pair[1]),
            "{}",
            dataset.name
        );
        for column in &dataset.sort_columns {
            assert!(
                !schema.field_with_name(column).unwrap().is_nullable(),
                "{column} sorts {}",
                dataset.name
            );
        }
    }
}
