//! The crate as a whole: fixtures, real replies, damage, and the lake's schemas.
#![cfg(test)]

mod corpus;
mod damage;
mod fields;
mod fixtures;
mod mapping;
mod mutations;
mod schema;
mod support;
