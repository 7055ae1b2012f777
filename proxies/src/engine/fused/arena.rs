//! The memory of planes: parts of a few regions, which stay when a part is given back.
//!
//! Fresh pages take the system longer than the arithmetic on them. The pages are large ones where the system has them, because the
//! processor knows the places of only so many.

use super::layout::Layout;
use memmap2::{MmapMut, MmapRaw};
use std::ops::Range;
use std::sync::Arc;

/// Number of runs after which a region that no run used is returned to the system.
const IDLE_RUNS: u64 = 32;

/// Bytes of the first region. What has not been written yet takes no memory.
pub(super) const FIRST: usize = 64 << 20;

/// Parts start and end with a line of cache.
const LINE: usize = 64;

/// Bytes between what is used of a part and the next part. Without them parts that are used together, whose sizes are multiples of large
/// powers of two, would share a few sets of the cache.
const GAP: usize = 17 * LINE;

/// Regions of memory, and which parts of them are free.
#[derive(Debug, Default)]
pub(super) struct Arena {
    regions: Vec<Region>,
    runs: u64,
    /// Number of parts that were given back.
    given: u64,
}

#[derive(Debug)]
struct Region {
    pages: Arc<MmapRaw>,
    /// In the order of their addresses. Neighbours stay apart until something larger is needed.
    free: Vec<Free>,
    /// The last run that used it.
    run: u64,
}

#[derive(Debug)]
struct Free {
    range: Range<usize>,
    /// The layout of a plane that had exactly this memory, whose border is still zero.
    layout: Option<Layout>,
    /// When it was given back.
    given: u64,
}

/// Some bytes of a region that belong to nothing else.
#[derive(Debug)]
pub(super) struct Part {
    pages: Arc<MmapRaw>,
    range: Range<usize>,
}

impl Part {
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: the range lies in the pages, which live as long as this part and were zero at first; `Arena` gives a range to one
        // part at a time, and this borrows it.
        unsafe { std::slice::from_raw_parts(self.pages.as_ptr().add(self.range.start), self.range.len()) }
    }

    pub fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as above; this borrows the part alone.
        unsafe { std::slice::from_raw_parts_mut(self.pages.as_mut_ptr().add(self.range.start), self.range.len()) }
    }
}

impl Arena {
    /// Takes a part of at least `bytes` bytes for a plane, and says whether the last plane there had the same layout. Returns `None` if
    /// the system has no memory left.
    pub fn take(&mut self, layout: Layout, bytes: usize) -> Option<(Part, bool)> {
        let bytes = (bytes + GAP).next_multiple_of(LINE);
        let same = |free: &Free| free.range.len() == bytes && free.layout == Some(layout);
        let places = self.regions.iter().enumerate().flat_map(|(i, region)| {
            region.free.iter().enumerate().filter(|(_, free)| same(free)).map(move |(j, free)| (free.given, i, j))
        });
        if let Some((_, region, place)) = places.max() {
            let range = self.regions[region].free.remove(place).range;
            return Some((self.part(region, range), true));
        }
        for region in 0..self.regions.len() {
            if let Some(range) = self.regions[region].cut(bytes) {
                return Some((self.part(region, range), false));
            }
        }
        let region = Region::new(bytes.max(self.bytes()).max(FIRST))?;
        self.regions.push(region);
        let region = self.regions.len() - 1;
        let range = self.regions[region].cut(bytes)?;
        Some((self.part(region, range), false))
    }

    fn part(&mut self, region: usize, range: Range<usize>) -> Part {
        let region = &mut self.regions[region];
        region.run = self.runs;
        Part { pages: Arc::clone(&region.pages), range }
    }

    /// Gives a part back, whose plane had this layout.
    pub fn give(&mut self, part: Part, layout: Layout) {
        let Some(region) = self.regions.iter_mut().find(|region| Arc::ptr_eq(&region.pages, &part.pages)) else {
            return;
        };
        self.given += 1;
        let place = region.free.partition_point(|free| free.range.start < part.range.start);
        region.free.insert(place, Free { range: part.range, layout: Some(layout), given: self.given });
    }

    /// Bytes of all regions.
    pub fn bytes(&self) -> usize {
        self.regions.iter().map(|region| region.pages.len()).sum()
    }

    /// Marks the end of a run and releases regions that have been idle for long.
    pub fn end_run(&mut self) {
        let runs = self.runs;
        self.regions.retain(|region| runs - region.run < IDLE_RUNS);
        self.runs += 1;
    }

    /// Releases everything. Parts that are still taken stay what they are and go back to the system by themselves.
    pub fn clear(&mut self) {
        self.regions.clear();
    }
}

impl Region {
    fn new(bytes: usize) -> Option<Region> {
        let pages = MmapRaw::from(MmapMut::map_anon(bytes).ok()?);
        // Without large pages everything works, only slower.
        #[cfg(target_os = "linux")]
        let _ = pages.advise(memmap2::Advice::HugePage);
        let all = Free { range: 0..pages.len(), layout: None, given: 0 };
        Some(Region { pages: Arc::new(pages), free: vec![all], run: 0 })
    }

    /// Takes the first `bytes` bytes that are free.
    fn cut(&mut self, bytes: usize) -> Option<Range<usize>> {
        let mut first = 0;
        for place in 0..self.free.len() {
            if place > 0 && self.free[place].range.start != self.free[place - 1].range.end {
                first = place;
            }
            let (start, end) = (self.free[first].range.start, self.free[place].range.end);
            if end - start >= bytes {
                let rest = start + bytes..end;
                let rest = Free { range: rest, layout: None, given: self.free[place].given };
                self.free.splice(first..=place, (!rest.range.is_empty()).then_some(rest));
                return Some(start..start + bytes);
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1 << 20;

    fn take(arena: &mut Arena, bytes: usize) -> Part {
        arena.take(Layout::flat(bytes), bytes).expect("memory").0
    }

    fn give(arena: &mut Arena, part: Part, bytes: usize) {
        arena.give(part, Layout::flat(bytes));
    }

    #[test]
    fn parts_that_are_taken_share_no_byte() {
        let mut arena = Arena::default();
        let sizes = |round: usize| (1..40).map(move |i| 1000 * (i * (7 + round) % 40 + 1));
        let mut parts: Vec<_> = sizes(0).map(|bytes| (take(&mut arena, bytes), bytes)).collect();
        for round in 1..20 {
            // Every third part makes way for parts of other sizes.
            let places: Vec<_> = (0..parts.len()).step_by(3).collect();
            for (&place, bytes) in places.iter().zip(sizes(round)) {
                let (part, old) = parts.swap_remove(place);
                give(&mut arena, part, old);
                parts.push((take(&mut arena, bytes), bytes));
            }
            parts.iter_mut().enumerate().for_each(|(i, (part, _))| part.bytes_mut().fill(i as u8));
            for (i, (part, bytes)) in parts.iter().enumerate() {
                assert!(part.bytes().len() >= *bytes && part.bytes().iter().all(|&byte| byte == i as u8), "part {i}");
            }
        }
        assert_eq!(arena.bytes(), FIRST, "what was given back is used again");
    }

    #[test]
    fn neighbours_that_are_free_make_room_for_a_larger_part() {
        let mut arena = Arena::default();
        let parts = [(); 60].map(|()| take(&mut arena, MIB));
        parts.into_iter().for_each(|part| give(&mut arena, part, MIB));
        let large = take(&mut arena, 60 * MIB);
        assert_eq!(arena.bytes(), FIRST);
        let more = take(&mut arena, 60 * MIB);
        assert_eq!(arena.bytes(), 2 * FIRST);
        give(&mut arena, large, 60 * MIB);
        give(&mut arena, more, 60 * MIB);
    }

    #[test]
    fn a_part_says_whether_its_last_plane_had_the_layout() {
        let mut arena = Arena::default();
        let part = take(&mut arena, 1000);
        give(&mut arena, part, 1000);
        let (part, same) = arena.take(Layout::flat(1000), 1000).expect("memory");
        assert!(same);
        give(&mut arena, part, 1000);
        let other = Layout { border: 1, ..Layout::flat(1000) };
        assert!(!arena.take(other, 1000).expect("memory").1, "another layout of the same size");
    }

    #[test]
    fn regions_that_are_not_used_go_back_to_the_system() {
        let mut arena = Arena::default();
        let sizes = [10 * MIB, 100 * MIB];
        let parts = sizes.map(|bytes| take(&mut arena, bytes));
        parts.into_iter().zip(sizes).for_each(|(part, bytes)| give(&mut arena, part, bytes));
        for _ in 0..=IDLE_RUNS {
            let part = take(&mut arena, 10 * MIB);
            give(&mut arena, part, 10 * MIB);
            arena.end_run();
        }
        assert_eq!(arena.bytes(), FIRST);
    }
}
