//! The FEC histogram, in all shapes that it may have.
//!
//! 1. One `ethernet-fechistogram-statistics` a bin, with `bin-num`, `sym-live-err`, `sym-harvest-err`.
//! 2. One such container with all bins, either bin by bin or all numbers first and the counts after.
//! 3. Flat `histogram-bin-N`, with `-live` and `-harvest` for the parts.
//!
//! Which count belongs to which bin must be certain. Where it is not, the container costs a note.

use super::elements::{HistogramElement, Part, StatisticsElement, bin, counted};
use crate::model::{BINS, Histogram};
use crate::note::ReplyNotes;
use crate::parsers::junos::unread;
use crate::value::{Reading, State};
use crate::xml::{Cursor, Damage, Element, Meanings};

/// What was sent.
#[derive(Debug, Default)]
pub(super) struct SentHistogram {
    /// Made when the first bin comes: most interfaces have none.
    bins: Option<Box<Histogram>>,
    /// Bins for which a harvest count was sent, readable or not.
    harvest_sent: [bool; BINS],
    /// True when a count could not be read, or not be given to its bin.
    damaged: bool,
}

/// One container as it is read. No well-formed one holds more than a bin's worth of each.
#[derive(Debug, Default)]
struct Container {
    numbers: Few<Option<usize>>,
    live: Few<Count>,
    harvest: Few<Count>,
}

/// As many of something as there are bins, without a list on the heap; what comes after is only counted.
#[derive(Debug, Default)]
struct Few<T> {
    kept: [T; BINS],
    pushed: usize,
}

impl<T> Few<T> {
    fn push(&mut self, item: T) {
        if let Some(place) = self.kept.get_mut(self.pushed) {
            *place = item;
        }
        self.pushed += 1;
    }

    fn as_slice(&self) -> &[T] {
        &self.kept[..self.pushed.min(BINS)]
    }

    fn too_many(&self) -> bool {
        self.pushed > BINS
    }
}

/// A count and how many `bin-num` stood before it.
type Count = (usize, Option<i64>);

impl SentHistogram {
    /// One container, of shape 1 or 2.
    pub(super) fn read_container<'a>(
        &mut self,
        cursor: &mut Cursor<'a>,
        element: &Element<'a>,
        meanings: &mut Meanings<StatisticsElement>,
        notes: &mut ReplyNotes<'_>,
    ) -> Result<(), Damage> {
        let mut container = Container::default();
        let Container {
            numbers,
            live,
            harvest,
        } = &mut container;
        cursor.each_child(element, |cursor, child| {
            let StatisticsElement::Histogram(name) = child.meaning(meanings, StatisticsElement::of)
            else {
                return unread::count(notes.unread, cursor, child);
            };
            match name {
                HistogramElement::Number => {
                    let text = cursor.text(child)?;
                    let number = bin(&text);
                    if number.is_none() {
                        self.damaged = true;
                        notes.unreadable("histogram_bin", &text, "a bin from 0 to 15");
                    }
                    numbers.push(number);
                }
                HistogramElement::Live => {
                    live.push((
                        numbers.pushed,
                        self.count(cursor, child, "histogram_bin_live", notes)?,
                    ));
                }
                HistogramElement::Harvest => {
                    harvest.push((
                        numbers.pushed,
                        self.count(cursor, child, "histogram_bin_harvest", notes)?,
                    ));
                }
                HistogramElement::Flat(bin, part) => {
                    self.read_flat(bin, part, cursor, child, notes)?
                }
            }
            Ok(())
        })?;
        self.assign(&container, notes);
        Ok(())
    }

    /// Gives every count of a container to its bin.
    fn assign(&mut self, container: &Container, notes: &mut ReplyNotes<'_>) {
        let too_many = [
            container.numbers.too_many(),
            container.live.too_many(),
            container.harvest.too_many(),
        ];
        let (numbers, live, harvest) = (
            container.numbers.as_slice(),
            container.live.as_slice(),
            container.harvest.as_slice(),
        );
        let by_bin = follows_its_bin(live) && follows_its_bin(harvest);
        let in_parallel = |counts: &[Count]| counts.is_empty() || counts.len() == numbers.len();
        let certain = by_bin || (in_parallel(live) && in_parallel(harvest));
        if !certain || too_many.contains(&true) {
            let found = format!(
                "{} bins, {} live, {} harvest",
                container.numbers.pushed, container.live.pushed, container.harvest.pushed
            );
            self.damaged = true;
            return notes.unreadable("histogram", &found, "as many counts as bins");
        }
        // In both shapes the counts stand in the order of their bins.
        let (mut live, mut harvest) = (live.iter(), harvest.iter());
        for (at, number) in numbers.iter().enumerate() {
            let of_this_bin = |counts: &mut std::slice::Iter<'_, Count>| {
                let (before, value) = *counts.as_slice().first()?;
                if by_bin && before != at + 1 {
                    return None; // a bin without this count
                }
                counts.next();
                Some(value)
            };
            let (live, harvest) = (of_this_bin(&mut live), of_this_bin(&mut harvest));
            if let Some(bin) = number {
                self.set(*bin, live, harvest, notes);
            }
        }
    }

    /// An element that stands beside the statistics or among them: only shape 3 has a meaning there.
    pub(super) fn read<'a>(
        &mut self,
        name: HistogramElement,
        cursor: &mut Cursor<'a>,
        element: &Element<'a>,
        notes: &mut ReplyNotes<'_>,
    ) -> Result<(), Damage> {
        match name {
            HistogramElement::Flat(bin, part) => self.read_flat(bin, part, cursor, element, notes),
            HistogramElement::Number | HistogramElement::Live | HistogramElement::Harvest => {
                unread::count(notes.unread, cursor, element)
            }
        }
    }

    fn read_flat<'a>(
        &mut self,
        bin: Option<usize>,
        part: Part,
        cursor: &mut Cursor<'a>,
        element: &Element<'a>,
        notes: &mut ReplyNotes<'_>,
    ) -> Result<(), Damage> {
        let Some(bin) = bin else {
            notes.unreadable("histogram_bin", element.name(), "a bin from 0 to 15");
            return Ok(());
        };
        let value = self.count(cursor, element, "histogram_bin", notes)?;
        let bins = self.bins.get_or_insert_default();
        match part {
            Part::Total => bins.total[bin] = value,
            Part::Live => bins.live[bin] = value,
            Part::Harvest => {
                bins.harvest[bin] = value;
                self.harvest_sent[bin] = true;
            }
            Part::NotKept => notes.unread.add(element.name()),
        }
        Ok(())
    }

    fn count<'a>(
        &mut self,
        cursor: &mut Cursor<'a>,
        element: &Element<'a>,
        field: &'static str,
        notes: &mut ReplyNotes<'_>,
    ) -> Result<Option<i64>, Damage> {
        let reading = counted(cursor, element, field, notes)?;
        self.damaged |= reading == Reading::Invalid;
        Ok(reading.value())
    }

    fn set(
        &mut self,
        bin: usize,
        live: Option<Option<i64>>,
        harvest: Option<Option<i64>>,
        notes: &mut ReplyNotes<'_>,
    ) {
        let bins = self.bins.get_or_insert_default();
        if bins.live[bin].is_some() || bins.harvest[bin].is_some() {
            notes.unreadable(
                "histogram_bin",
                &format!("bin {bin} again"),
                "every bin once",
            );
            return;
        }
        bins.live[bin] = live.flatten();
        bins.harvest[bin] = harvest.flatten();
        self.harvest_sent[bin] |= harvest.is_some();
    }

    /// The histogram with its sums: live and harvest where both were sent, live alone where the device sends no harvest,
    /// and nothing where a part could not be read.
    pub(super) fn finish(self, notes: &mut ReplyNotes<'_>) -> (Option<Box<Histogram>>, State) {
        let Some(mut bins) = self.bins else {
            // An empty container is a device that has the histogram and nothing in it.
            let state = match self.damaged {
                false => State::NotPresent,
                true => State::Invalid,
            };
            return (None, state);
        };
        let mut damaged = self.damaged;
        for bin in 0..BINS {
            let sum = match (bins.live[bin], bins.harvest[bin]) {
                (Some(live), Some(harvest)) => {
                    let sum = live.checked_add(harvest);
                    if sum.is_none() {
                        damaged = true;
                        notes.unreadable(
                            "histogram_bin",
                            &format!("{live} + {harvest}"),
                            "a sum of at most 63 bits",
                        );
                    }
                    sum
                }
                (Some(live), None) if !self.harvest_sent[bin] => Some(live),
                _ => None,
            };
            bins.total[bin] = sum.or(bins.total[bin]);
        }
        let state = if damaged {
            State::Invalid
        } else if bins.total.iter().any(Option::is_some) {
            State::Ok
        } else {
            // Words for nothing in each of them.
            State::NotPresent
        };
        (Some(bins), state)
    }
}

/// True when every count stands behind a bin number of its own.
fn follows_its_bin(counts: &[Count]) -> bool {
    counts.iter().all(|(before, _)| *before > 0)
        && counts.windows(2).all(|pair| pair[0].0 < pair[1].0)
}

#[cfg(test)]
mod tests {
    use super::super::PARSER;
    use crate::model::Histogram;
    use crate::snapshot::Snapshot;
    use crate::value::State;

    fn histogram(children: &str) -> (Option<Box<Histogram>>, usize) {
        let reply =
            format!("<physical-interface><name>et-0/0/1</name>{children}</physical-interface>");
        let mut snapshot = Snapshot::default();
        PARSER.parse(reply.as_bytes(), 9, &mut snapshot);
        (
            snapshot.statistics.remove(0).histogram,
            snapshot.notes.len(),
        )
    }

    fn container(inner: &str) -> String {
        format!("<ethernet-fechistogram-statistics>{inner}</ethernet-fechistogram-statistics>")
    }

    #[test]
    fn all_shapes_say_the_same() {
        let bin = |n, live, harvest| {
            format!(
                "<bin-num>{n}</bin-num><sym-live-err>{live}</sym-live-err><sym-harvest-err>{harvest}</sym-harvest-err>"
            )
        };
        let shapes = [
            container(&bin(0, 7, 10)) + &container(&bin(3, 1, 2)),
            container(&(bin(0, 7, 10) + &bin(3, 1, 2))),
            container(
                "<bin-num>0</bin-num><bin-num>3</bin-num><sym-live-err>7</sym-live-err><sym-live-err>1</sym-live-err>\
                 <sym-harvest-err>10</sym-harvest-err><sym-harvest-err>2</sym-harvest-err>",
            ),
            "<histogram-bin-0-live>7</histogram-bin-0-live><histogram-bin-0-harvest>10</histogram-bin-0-harvest>\
             <histogram-bin-3-live>1</histogram-bin-3-live><histogram-bin-3-harvest>2</histogram-bin-3-harvest>"
                .to_owned(),
        ];
        for shape in shapes {
            let (found, notes) = histogram(&shape);
            let found = found.unwrap();
            assert_eq!(
                (found.total[0], found.live[0], found.harvest[0]),
                (Some(17), Some(7), Some(10)),
                "{shape}"
            );
            assert_eq!(
                (found.total[3], found.total[1], notes),
                (Some(3), None, 0),
                "{shape}"
            );
        }
    }

    #[test]
    fn counts_that_cannot_be_assigned_are_not_guessed() {
        let (found, notes) = histogram(&container(
            "<bin-num>0</bin-num><bin-num>1</bin-num><sym-live-err>7</sym-live-err><sym-live-err>8</sym-live-err>\
             <sym-live-err>9</sym-live-err>",
        ));
        assert!(found.is_none());
        assert_eq!(notes, 1);
    }

    #[test]
    fn an_unreadable_part_leaves_no_sum() {
        let (found, notes) = histogram(&container(
            "<bin-num>0</bin-num><sym-live-err>7</sym-live-err><sym-harvest-err>x</sym-harvest-err>",
        ));
        assert_eq!((found.unwrap().total[0], notes), (None, 1));
    }

    #[test]
    fn one_unreadable_bin_makes_the_state_invalid_and_keeps_the_others() {
        for (harvest, state, total) in [
            ("10", State::Ok, Some(17)),
            ("N/A", State::Ok, None),
            ("-", State::Ok, None),
            ("ten", State::Invalid, None),
            ("9223372036854775807", State::Invalid, None),
        ] {
            let inner = format!(
                "<bin-num>0</bin-num><sym-live-err>7</sym-live-err><sym-harvest-err>{harvest}</sym-harvest-err>\
                 <bin-num>1</bin-num><sym-live-err>1</sym-live-err><sym-harvest-err>2</sym-harvest-err>"
            );
            let reply = format!(
                "<physical-interface><name>et-0/0/1</name>{}</physical-interface>",
                container(&inner)
            );
            let mut snapshot = Snapshot::default();
            PARSER.parse(reply.as_bytes(), 9, &mut snapshot);
            let statistics = &snapshot.statistics[0];
            let bins = statistics.histogram.as_ref().unwrap();
            assert_eq!(
                (statistics.histogram_state, bins.total[0], bins.total[1]),
                (state, total, Some(3)),
                "{harvest}"
            );
        }
    }

    #[test]
    fn what_else_stands_in_a_histogram_is_counted_and_words_for_nothing_are_no_damage() {
        let parsed = |children: &str| {
            let reply =
                format!("<physical-interface><name>et-0/0/1</name>{children}</physical-interface>");
            let mut snapshot = Snapshot::default();
            let outcome = PARSER.parse(reply.as_bytes(), 9, &mut snapshot);
            let unread: Vec<_> = outcome
                .unread
                .iter()
                .map(|(name, count)| format!("{name} {count}"))
                .collect();
            (snapshot.statistics.remove(0).histogram_state, unread)
        };
        let more = "<lane-num>0</lane-num><bin-num>0</bin-num><sym-live-err>4</sym-live-err><sym-total-err>9</sym-total-err>\
            <of-lane><bin-num>1</bin-num><sym-live-err>5</sym-live-err></of-lane>";
        let (state, unread) = parsed(&container(more));
        assert_eq!(state, State::Ok);
        assert_eq!(
            unread,
            [
                "bin-num 1",
                "lane-num 1",
                "sym-live-err 1",
                "sym-total-err 1"
            ]
        );
        let nothing = "<bin-num>0</bin-num><sym-live-err>-</sym-live-err><sym-harvest-err>N/A</sym-harvest-err>";
        assert_eq!(parsed(&container(nothing)).0, State::NotPresent);
        let no_bin = "<bin-num>first</bin-num><sym-live-err>1</sym-live-err>";
        assert_eq!(parsed(&container(no_bin)).0, State::Invalid);
    }

    #[test]
    fn a_device_without_harvest_counts_still_has_bins_and_a_flat_sum_stays_as_sent() {
        let (found, _) = histogram(&container(
            "<bin-num>15</bin-num><sym-live-err>7</sym-live-err>",
        ));
        assert_eq!(found.unwrap().total[15], Some(7));
        let (found, notes) =
            histogram("<histogram-bin-2>5</histogram-bin-2><histogram-bin-16>5</histogram-bin-16>");
        assert_eq!((found.unwrap().total[2], notes), (Some(5), 1));
    }
}
