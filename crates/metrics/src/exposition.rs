//! The series of many devices: what was added, visited family by family.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead};
use std::ops::Range;
use std::sync::Arc;

use records::table::{Dataset, Table};

use crate::block::Block;
use crate::derived::Modules;
use crate::family::Series;
use crate::health::{self, DeviceInfo, Health, Maintenance, PushInfo};
use crate::labels::valid;
use crate::layout::Part;
use crate::names::{Detail, MetricNames};
use crate::recall::Behind;
use crate::rule::{self, Choice};

/// The table that says what a lane's module bears.
const MODULES: &str = "intf-dom";

/// The series of a run. In memory are eight bytes a sample and each label value once a table.
#[derive(Debug)]
pub struct Exposition {
    choice: Choice,
    /// Every part of every layout, and those of health first.
    parts: Vec<Arc<Part>>,
    /// Which parts each table has.
    layouts: Vec<(Arc<Dataset>, Range<usize>)>,
    /// In the order in which they were added, each with its part.
    blocks: Vec<(usize, Block)>,
    /// The modules that were added last.
    modules: Modules,
    /// Devices that did not achieve in this run what they may have achieved before.
    behind: Behind,
    /// Devices that were not asked in this run and stay as the run before had them, by their labels.
    kept: BTreeSet<String>,
}

impl Exposition {
    /// No series yet, and all of them to come.
    pub fn new(names: MetricNames) -> Self {
        Self {
            choice: Choice {
                names,
                detail: Detail::Full,
            },
            parts: health::parts().into_iter().map(Arc::new).collect(),
            layouts: Vec::new(),
            blocks: Vec::new(),
            modules: Modules::default(),
            behind: Behind::default(),
            kept: BTreeSet::new(),
        }
    }

    /// Only the series of this level of detail. To be said before the first table is added.
    #[must_use]
    pub fn with_detail(mut self, detail: Detail) -> Self {
        self.choice.detail = detail;
        self
    }

    /// Adds the rows of a table. The table itself is not kept. The table of a device's modules comes before that of its lanes, which
    /// have their limits from it.
    pub fn add(&mut self, table: &Table) {
        if table.dataset.name == MODULES {
            self.modules = Modules::new(&table.batch);
        }
        for part in self.layout(&table.dataset) {
            if let Some(block) = Block::new(&self.parts[part], &table.batch, &self.modules) {
                self.blocks.push((part, block));
            }
        }
    }

    fn layout(&mut self, dataset: &Arc<Dataset>) -> Range<usize> {
        let same = self.layouts.iter().find(|(k, _)| Arc::ptr_eq(k, dataset));
        let known = same.or_else(|| self.layouts.iter().find(|(known, _)| known == dataset));
        if let Some((_, parts)) = known {
            return parts.clone();
        }
        let begin = self.parts.len();
        let parts = rule::layout(dataset, self.choice).parts;
        self.parts.extend(parts.into_iter().map(Arc::new));
        let parts = begin..self.parts.len();
        self.layouts.push((Arc::clone(dataset), parts.clone()));
        parts
    }

    /// Adds how the collection of a device went.
    pub fn add_health(&mut self, health: &Health) {
        self.blocks.extend(health.blocks());
        self.behind.add(health);
    }

    /// Takes back all series: the next ones are of another time. What a lane's module bears stays known, for lanes that come in pieces.
    pub fn clear(&mut self) {
        self.blocks.clear();
        self.behind = Behind::default();
    }

    /// Takes back all that was added of collections, devices and maintenance: the next text says it anew.
    pub fn clear_health(&mut self) {
        let of_health = health::FAMILIES.len();
        self.blocks.retain(|(part, _)| *part >= of_health);
        self.behind = Behind::default();
    }

    /// Adds what is known of a device whether it answers or not.
    pub fn add_device(&mut self, facts: &DeviceInfo) {
        self.blocks.extend(facts.blocks());
    }

    /// Adds planned work that is under way.
    pub fn add_maintenance(&mut self, maintenance: &Maintenance) {
        self.blocks.extend(maintenance.blocks());
    }

    /// Adds who pushes the series of a device.
    pub fn add_push(&mut self, push: &PushInfo) {
        self.blocks.extend(push.blocks());
    }

    /// These devices were not asked in this run, but belong to the fleet: a text that takes the place of an earlier one keeps their
    /// series as they stand there. A device that is neither asked nor kept is gone.
    pub fn keep<'d>(&mut self, devices: impl IntoIterator<Item = &'d str>) {
        let devices = devices.into_iter();
        self.kept = devices.map(|device| valid(device).into_owned()).collect();
    }

    /// The devices of [`Exposition::keep`], as labels.
    pub(crate) fn kept(&self) -> &BTreeSet<String> {
        &self.kept
    }

    /// Whether an earlier text is needed to write this one.
    pub fn needs_previous(&self) -> bool {
        !self.behind.is_empty() || !self.kept.is_empty()
    }

    /// Takes from the text of an earlier run when those devices and RPCs last succeeded that now did not.
    ///
    /// # Errors
    ///
    /// If it cannot be read.
    pub fn recall(&mut self, previous: impl BufRead) -> io::Result<()> {
        if !self.behind.is_empty() {
            self.blocks.extend(self.behind.recall(previous)?);
        }
        Ok(())
    }

    /// Visits every series, family by family in the order of their names; within a family in the order in which they were added.
    ///
    /// # Errors
    ///
    /// The first that the visitor returns.
    pub fn for_each_series<E>(
        &self,
        visit: impl FnMut(&Series<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        for_each_series(&self.parts, || self.blocks.iter(), visit)
    }

    /// The parts of every layout so far. Later ones come behind them.
    pub(crate) fn parts(&self) -> &[Arc<Part>] {
        &self.parts
    }

    /// Takes out what was added of tables and health; the layouts stay known.
    pub(crate) fn take_blocks(&mut self) -> Vec<(usize, Block)> {
        self.modules = Modules::default();
        self.behind = Behind::default();
        std::mem::take(&mut self.blocks)
    }

    /// How many series there are.
    pub fn count(&self) -> u64 {
        let mut count = 0;
        let counted: Result<(), std::convert::Infallible> = self.for_each_series(|_| {
            count += 1;
            Ok(())
        });
        let Ok(()) = counted;
        count
    }
}

/// Visits every series of these blocks, family by family in the order of their names; within a family in the order of the blocks.
pub(crate) fn for_each_series<'b, E, I: Iterator<Item = &'b (usize, Block)>>(
    parts: &[Arc<Part>],
    blocks: impl Fn() -> I,
    mut visit: impl FnMut(&Series<'_>) -> Result<(), E>,
) -> Result<(), E> {
    // A family's sources, by part.
    let mut families: BTreeMap<&str, Vec<(usize, Vec<usize>)>> = BTreeMap::new();
    for (number, part) in parts.iter().enumerate() {
        for (source, found) in part.sources.iter().enumerate() {
            let by_part = families.entry(found.family.name.as_str()).or_default();
            match by_part.last_mut() {
                Some((last, sources)) if *last == number => sources.push(source),
                _ => by_part.push((number, vec![source])),
            }
        }
    }
    for by_part in families.into_values() {
        for (part, block) in blocks() {
            if let Some((_, sources)) = by_part.iter().find(|(of, _)| of == part) {
                block.visit(&parts[*part], sources, &mut visit)?;
            }
        }
    }
    Ok(())
}
