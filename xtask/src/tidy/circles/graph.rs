//! Which file uses which, within one crate, and the circles among them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// A file of a crate, by its number.
pub(super) type File = usize;

/// The uses among the files of a crate.
#[derive(Debug, Default)]
pub(super) struct Graph {
    /// For each file the files that it uses, with the first place where it does.
    uses: BTreeMap<File, BTreeMap<File, Use>>,
}

/// Where a file uses another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Use {
    /// Counted from one.
    pub(super) line: usize,
    /// The path as it is written there.
    pub(super) path: String,
}

impl Graph {
    /// Notes a use; the first one of a pair of files is kept.
    pub(super) fn add(&mut self, from: File, to: File, line: usize, path: &[String]) {
        if from != to {
            let uses = self.uses.entry(from).or_default();
            let path = path.join("::");
            let found = Use { line, path };
            match uses.get(&to) {
                Some(known) if known.line <= line => {}
                _ => _ = uses.insert(to, found),
            }
        }
    }

    /// Where `from` uses `to`.
    pub(super) fn found(&self, from: File, to: File) -> Option<&Use> {
        self.uses.get(&from)?.get(&to)
    }

    /// The groups of files in which each uses each of the others, directly or by way of others; each with a shortest way around.
    pub(super) fn circles(&self) -> Vec<Circle> {
        let reached: BTreeMap<File, BTreeSet<File>> = self
            .uses
            .keys()
            .map(|&file| (file, self.ways_from(file).into_keys().collect()))
            .collect();
        let reaches =
            |from: File, to: File| reached.get(&from).is_some_and(|all| all.contains(&to));
        let mut circles: Vec<Circle> = Vec::new();
        for &file in reached.keys() {
            let known = circles.iter().any(|circle| circle.files.contains(&file));
            if known || !reaches(file, file) {
                continue;
            }
            let members = reached.keys().copied();
            let files: BTreeSet<File> = members
                .filter(|&other| reaches(file, other) && reaches(other, file))
                .collect();
            let around = files.iter().filter_map(|&from| self.way_around(from));
            let shortest = around.min_by_key(Vec::len).unwrap_or_default();
            circles.push(Circle { files, shortest });
        }
        circles
    }

    /// The files that `from` reaches, each with the one before it on a shortest way.
    fn ways_from(&self, from: File) -> BTreeMap<File, File> {
        let mut before = BTreeMap::new();
        let mut queue = VecDeque::from([from]);
        while let Some(file) = queue.pop_front() {
            for &next in self.uses.get(&file).into_iter().flat_map(BTreeMap::keys) {
                if let std::collections::btree_map::Entry::Vacant(entry) = before.entry(next) {
                    entry.insert(file);
                    queue.push_back(next);
                }
            }
        }
        before
    }

    /// A shortest way from a file back to itself, the file at both ends.
    fn way_around(&self, file: File) -> Option<Vec<File>> {
        let before = self.ways_from(file);
        let mut way = vec![file, *before.get(&file)?];
        while let Some(&last) = way.last()
            && last != file
        {
            way.push(*before.get(&last)?);
        }
        way.reverse();
        Some(way)
    }
}

/// Files that use each other.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Circle {
    pub(super) files: BTreeSet<File>,
    /// A shortest way around, the same file at both ends.
    pub(super) shortest: Vec<File>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(uses: &[(File, File)]) -> Graph {
        let mut graph = Graph::default();
        for &(from, to) in uses {
            graph.add(from, to, 1, &[]);
        }
        graph
    }

    #[test]
    fn a_line_and_a_fork_are_no_circle() {
        assert_eq!(
            graph(&[(0, 1), (0, 2), (1, 3), (2, 3), (1, 1)]).circles(),
            []
        );
    }

    #[test]
    fn circles_that_touch_are_one_and_its_shortest_way_around_is_told() {
        let circles = graph(&[
            (0, 1),
            (1, 2),
            (2, 0),
            (2, 3),
            (3, 2),
            (3, 4),
            (5, 6),
            (6, 5),
        ])
        .circles();
        let told: Vec<(Vec<File>, &[File])> = circles
            .iter()
            .map(|circle| (circle.files.iter().copied().collect(), &circle.shortest[..]))
            .collect();
        assert_eq!(
            told,
            [
                (vec![0, 1, 2, 3], &[2, 3, 2][..]),
                (vec![5, 6], &[5, 6, 5][..])
            ]
        );
    }
}
