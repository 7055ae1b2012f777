//! The memory of planes: parts of a few regions, which stay when a part is given back.
//!
//! Fresh pages take the system longer than the arithmetic on them. The pages are large ones where the system has them, because the
//! processor knows the places of only so many.

use super::layout::{CACHE_LINE, Layout};
use memmap2::{MmapMut, MmapRaw};
use std::ops::Range;
use std::sync::Arc;

/// Bytes of the first region. What has not been written yet takes no memory.
pub(super) const FIRST: usize = 64 << 20;

/// Bytes between what is used of a part and the next part. Without them parts that are used together, whose sizes are multiples of large
/// powers of two, would share a few sets of the cache.
const GAP: usize = 17 * CACHE_LINE;

/// Regions of memory, and which parts of them are free.
#[derive(Debug, Default)]
pub(super) struct Arena {
    regions: Vec<Region>,
    /// Number of parts that were given back.
    given: u64,
}

#[derive(Debug)]
struct Region {
    pages: Arc<MmapRaw>,
    /// In the order of their addresses. Neighbours stay apart until something larger is needed.
    free: Vec<Free>,
}

#[derive(Debug)]
struct Free {
    range: Range<usize>,
    /// The layout of the plane that had exactly this memory, whose border is still zero, and when it was given back.
    last: Option<(Layout, u64)>,
}

/// Some bytes of a region that belong to nothing else, from a line of cache on.
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
        let bytes = (bytes + GAP).next_multiple_of(CACHE_LINE);
        for region in &mut self.regions {
            if let Some(range) = region.again(layout, bytes) {
                return Some((region.part(range), true));
            }
        }
        for region in &mut self.regions {
            if let Some(range) = region.cut(bytes) {
                return Some((region.part(range), false));
            }
        }
        let mut region = Region::new(bytes.max(self.bytes()).max(FIRST))?;
        let part = region.cut(bytes).map(|range| region.part(range))?;
        self.regions.push(region);
        Some((part, false))
    }

    /// Gives a part back, whose plane had this layout.
    pub fn give(&mut self, part: Part, layout: Layout) {
        let Some(region) = self.regions.iter_mut().find(|region| Arc::ptr_eq(&region.pages, &part.pages)) else {
            return;
        };
        self.given += 1;
        let place = region.free.partition_point(|free| free.range.start < part.range.start);
        region.free.insert(place, Free { range: part.range, last: Some((layout, self.given)) });
    }

    /// Bytes of all regions.
    pub fn bytes(&self) -> usize {
        self.regions.iter().map(|region| region.pages.len()).sum()
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
        let all = Free { range: 0..pages.len(), last: None };
        Some(Region { pages: Arc::new(pages), free: vec![all] })
    }

    fn part(&self, range: Range<usize>) -> Part {
        Part { pages: Arc::clone(&self.pages), range }
    }

    /// Takes the bytes that a plane of this layout had most recently.
    fn again(&mut self, layout: Layout, bytes: usize) -> Option<Range<usize>> {
        let given = |free: &Free| match free.last {
            Some((last, given)) if last == layout && free.range.len() == bytes => Some(given),
            _ => None,
        };
        let places = self.free.iter().enumerate().filter_map(|(place, free)| Some((given(free)?, place)));
        let (_, place) = places.max()?;
        Some(self.free.remove(place).range)
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
                let rest = Free { range: start + bytes..end, last: None };
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
        let sizes = |round: usize| (1..40).map(move |i| 50_000 * (i * (7 + round) % 40 + 1));
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
        // About 300 MB were taken, never more than 50 MB at one time.
        assert!(arena.bytes() <= 2 * FIRST, "what was given back is used again");
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
        let (part, same) = arena.take(other, 1000).expect("memory");
        assert!(!same, "another layout of the same size");
        arena.give(part, other);
        let smaller = take(&mut arena, 500);
        give(&mut arena, smaller, 500);
        assert!(!arena.take(other, 1000).expect("memory").1, "a plane that had some of it in between");
    }
}
