//! The names of a reply: each taken apart once, and a guess at which comes next.
//!
//! A reply is a few dozen names over and over, nearly always in the same order: what stood behind `lane-index` in one lane stands behind
//! it in the next. So the scanner compares what it sees with the name that it expects, instead of looking for a name's end and for
//! its colon, and a parser works out once what a name means to it ([`Meanings`]). A guess is checked to the last byte: a wrong one
//! costs time and nothing else, and the property tests of the scanner hold both ways against quick-xml.

use std::collections::HashMap;

/// A name that stood in the reply.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Name<'a> {
    /// As written, prefix and all.
    pub(crate) written: &'a str,
    local_from: u32,
    place: Place,
}

/// Where a name is kept; [`UNKNOWN`] for one that is not.
type Place = u32;
const UNKNOWN: Place = u32::MAX;

/// More names than any reply has; those beyond are read the slow way each time, so that a reply of nothing but new names takes no memory.
const MOST_NAMES: usize = 512;

/// Room for the names of nearly every reply, made at once.
const USUAL_NAMES: usize = 112;

#[derive(Debug)]
struct Known<'a> {
    name: Name<'a>,
    /// The names that stood behind this one, the latest first: `input-packets` is followed by one name in traffic and by another
    /// in what it holds of IPv6.
    followers: [Place; 3],
}

/// The names of a reply so far.
#[derive(Debug)]
pub(super) struct Names<'a> {
    known: Vec<Known<'a>>,
    places: HashMap<&'a str, Place>,
    /// Of the start tag before.
    last: Place,
}

impl<'a> Names<'a> {
    pub(super) fn new() -> Self {
        Self {
            known: Vec::with_capacity(USUAL_NAMES),
            places: HashMap::with_capacity(USUAL_NAMES),
            last: UNKNOWN,
        }
    }

    /// The name that `rest` begins with, if it is one that stood behind the last name before and if `>` ends it.
    #[inline(always)]
    pub(super) fn expected(&self, rest: &[u8]) -> Option<Name<'a>> {
        let followers = &self.known.get(self.last as usize)?.followers;
        followers.iter().find_map(|place| {
            let name = self.known.get(*place as usize)?.name;
            let ends = rest.get(name.written.len()) == Some(&b'>');
            (ends && rest.starts_with(name.written.as_bytes())).then_some(name)
        })
    }

    /// Says that this name was found.
    #[inline]
    pub(super) fn saw(&mut self, name: Name<'a>) {
        self.last = name.place;
    }

    /// A name that was not expected; the next time it is, if it holds no quote: that would open a text in which nothing ends a name.
    #[inline(never)]
    pub(super) fn learn(&mut self, written: &'a str) -> Name<'a> {
        // One with attributes, or of an empty element, may well be expected.
        let before = self.known.get(self.last as usize);
        let expected = before.and_then(|before| {
            let is = |place: &&Place| {
                let known = self.known.get(**place as usize);
                known.is_some_and(|known| known.name.written == written)
            };
            before.followers.iter().find(is)
        });
        let place = match expected.or_else(|| self.places.get(written)) {
            Some(place) => *place,
            None => self.keep(written),
        };
        if let Some(before) = self.known.get_mut(self.last as usize)
            && place != UNKNOWN
            && !before.followers.contains(&place)
        {
            before.followers.rotate_right(1);
            before.followers[0] = place;
        }
        self.last = place;
        match self.known.get(place as usize) {
            Some(known) => known.name,
            None => Name::new(written, UNKNOWN),
        }
    }

    fn keep(&mut self, written: &'a str) -> Place {
        if self.known.len() >= MOST_NAMES || written.contains(['"', '\'']) {
            return UNKNOWN;
        }
        let place = self.known.len() as Place;
        self.known.push(Known {
            name: Name::new(written, place),
            followers: [UNKNOWN; 3],
        });
        self.places.insert(written, place);
        place
    }

    /// Expects nothing: what comes next does not stand behind the last name.
    pub(super) fn lose_track(&mut self) {
        self.last = UNKNOWN;
    }
}

impl<'a> Name<'a> {
    fn new(written: &'a str, place: Place) -> Self {
        Self {
            written,
            local_from: (written.len() - local(written).len()) as u32,
            place,
        }
    }

    /// What follows the namespace prefix, if there is one.
    #[inline]
    pub(crate) fn local(&self) -> &'a str {
        &self.written[self.local_from as usize..]
    }
}

/// What follows the colon of a name, or the whole name.
pub(super) fn local(name: &str) -> &str {
    let colon = name.bytes().position(|byte| byte == b':');
    colon.map_or(name, |colon| &name[colon + 1..])
}

/// What names mean to a parser, worked out once for each name of the reply.
#[derive(Debug)]
pub(crate) struct Meanings<T>(Vec<Option<T>>);

impl<T> Default for Meanings<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Copy> Meanings<T> {
    /// What the name means, by `work_out` when it is new. That must depend on its argument, the local name, alone.
    #[inline]
    pub(crate) fn of<'a>(&mut self, name: Name<'a>, work_out: impl FnOnce(&'a str) -> T) -> T {
        if let Some(Some(meaning)) = self.0.get(name.place as usize) {
            return *meaning;
        }
        let meaning = work_out(name.local());
        self.keep(name.place, meaning);
        meaning
    }

    #[cold]
    fn keep(&mut self, place: Place, meaning: T) {
        if place == UNKNOWN {
            return;
        }
        let place = place as usize;
        if self.0.len() <= place {
            self.0.resize(place + 1, None);
        }
        self.0[place] = Some(meaning);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shows the names that stand here, each with its `>`, and says which of them were expected.
    fn expected<'a>(names: &mut Names<'a>, written: &[&'a str]) -> Vec<bool> {
        let each = written.iter().map(|name| {
            let found = names.expected(format!("{name}>").as_bytes());
            match found {
                Some(found) => {
                    assert_eq!(found.written, *name);
                    names.saw(found);
                }
                None => assert_eq!(names.learn(name).written, *name),
            }
            found.is_some()
        });
        each.collect()
    }

    #[test]
    fn what_stood_behind_a_name_is_expected_behind_it() {
        let mut names = Names::new();
        assert_eq!(
            expected(&mut names, &["a", "b", "a", "b"]),
            [false, false, false, true]
        );
        assert_eq!(
            expected(&mut names, &["a", "c", "a", "b", "a", "c"]),
            [true, false, false, true, true, true]
        );
        names.lose_track();
        assert_eq!(expected(&mut names, &["b", "a"]), [false, true]);
    }

    #[test]
    fn a_name_that_another_begins_with_is_not_taken_for_it() {
        let mut names = Names::new();
        let round = ["low-warn", "low-warn-threshold", "low-warn", "low-warn"];
        expected(&mut names, &round);
        expected(&mut names, &round);
        assert_eq!(expected(&mut names, &round), [true; 4]);
        assert!(
            names.expected(b"low-warn").is_none(),
            "its end is not there"
        );
    }

    #[test]
    fn a_reply_of_nothing_but_new_names_takes_no_memory() {
        let many: Vec<String> = (0..10_000).map(|number| format!("n{number}")).collect();
        let mut names = Names::new();
        let mut meanings = Meanings::default();
        for name in &many {
            let name = names.learn(name);
            assert_eq!(meanings.of(name, str::len), name.written.len());
            assert_eq!(meanings.of(name, str::len), name.written.len());
        }
        assert_eq!(
            (names.known.len(), names.places.len()),
            (MOST_NAMES, MOST_NAMES)
        );
        assert!(meanings.0.len() <= MOST_NAMES);
    }

    #[test]
    fn a_meaning_is_worked_out_once_of_the_local_name() {
        let mut names = Names::new();
        let (name, other) = (names.learn("junos:x"), names.learn("y"));
        let mut meanings = Meanings::default();
        assert_eq!(meanings.of(name, |local| local), "x");
        assert_eq!(meanings.of(other, |local| local), "y");
        assert_eq!(meanings.of(name, |_| "again"), "x");
    }
}
