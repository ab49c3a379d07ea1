//! Go's `sort.Sort`: a quicksort that defeats patterns. It is not stable, and people see in which order it leaves equals.
use std::cmp::Ordering;

/// Up to so many are sorted by insertion.
const FEW: usize = 12;
/// From here on the middle of three neighbours stands for each candidate.
const MANY: usize = 50;
/// Swaps among the candidates that mean: it stands in falling order.
const ALL_SWAPPED: usize = 12;

/// Sorts as Go does, where `less` need not be an order at all.
pub fn sort<T>(items: &mut [T], less: impl FnMut(&T, &T) -> bool) {
    let length = items.len();
    let mut sorter = Sorter { items, less };
    sorter.quick(0, length, usize::BITS - length.leading_zeros());
}

/// `sort` by a comparison.
pub fn sort_by<T>(items: &mut [T], mut compared: impl FnMut(&T, &T) -> Ordering) {
    sort(items, |a, b| compared(a, b) == Ordering::Less);
}

struct Sorter<'a, T, F> {
    items: &'a mut [T],
    less: F,
}

impl<T, F: FnMut(&T, &T) -> bool> Sorter<'_, T, F> {
    fn less(&mut self, a: usize, b: usize) -> bool {
        (self.less)(&self.items[a], &self.items[b])
    }

    fn quick(&mut self, mut from: usize, mut to: usize, mut bad_allowed: u32) {
        let (mut balanced, mut parted) = (true, true);
        loop {
            let length = to - from;
            if length <= FEW {
                return self.insertion(from, to);
            }
            if bad_allowed == 0 {
                return self.heap(from, to);
            }
            if !balanced {
                self.shuffle(from, length);
                bad_allowed -= 1;
            }
            let (mut pivot, swaps) = self.pivot(from, length);
            let mut rising = swaps == 0;
            if swaps == ALL_SWAPPED {
                self.items[from..to].reverse();
                pivot = (to - 1) - (pivot - from);
                rising = true;
            }
            if balanced && parted && rising && self.nearly_sorted(from, to) {
                return;
            }
            if from > 0 && !self.less(from - 1, pivot) {
                from = self.part_equal(from, to, pivot);
                continue;
            }
            let (middle, already) = self.part(from, to, pivot);
            parted = already;
            let (left, right) = (middle - from, to - middle);
            balanced = left.min(right) >= length / 8;
            if left < right {
                self.quick(from, middle, bad_allowed);
                from = middle + 1;
            } else {
                self.quick(middle + 1, to, bad_allowed);
                to = middle;
            }
        }
    }

    fn insertion(&mut self, from: usize, to: usize) {
        for at in from + 1..to {
            self.sink(at, from);
        }
    }

    /// Moves one down until it is not less than the one before it.
    fn sink(&mut self, mut at: usize, lowest: usize) {
        while at > lowest && self.less(at, at - 1) {
            self.items.swap(at, at - 1);
            at -= 1;
        }
    }

    /// Which one to part by, and how many swaps its choice would have taken.
    fn pivot(&mut self, from: usize, length: usize) -> (usize, usize) {
        let quarter = length / 4;
        let (mut low, mut middle, mut high) = (from + quarter, from + quarter * 2, from + quarter * 3);
        let mut swaps = 0;
        if length >= MANY {
            low = self.median(low - 1, low, low + 1, &mut swaps);
            middle = self.median(middle - 1, middle, middle + 1, &mut swaps);
            high = self.median(high - 1, high, high + 1, &mut swaps);
        }
        (self.median(low, middle, high, &mut swaps), swaps)
    }

    fn median(&mut self, mut a: usize, mut b: usize, mut c: usize, swaps: &mut usize) -> usize {
        self.ordered(&mut a, &mut b, swaps);
        self.ordered(&mut b, &mut c, swaps);
        self.ordered(&mut a, &mut b, swaps);
        b
    }

    fn ordered(&mut self, a: &mut usize, b: &mut usize, swaps: &mut usize) {
        if self.less(*b, *a) {
            *swaps += 1;
            std::mem::swap(a, b);
        }
    }

    /// Tries to sort what is nearly sorted with five swaps at most. Whether that was enough.
    fn nearly_sorted(&mut self, from: usize, to: usize) -> bool {
        let mut at = from + 1;
        for _ in 0..5 {
            while at < to && !self.less(at, at - 1) {
                at += 1;
            }
            if at == to {
                return true;
            }
            if to - from < MANY {
                return false;
            }
            self.items.swap(at, at - 1);
            if at - from >= 2 {
                self.sink(at - 1, 0);
            }
            let mut next = at + 1;
            while next < to && self.less(next, next - 1) {
                self.items.swap(next, next - 1);
                next += 1;
            }
        }
        false
    }

    /// Smaller ones to the left of the pivot, the others to its right. Where it stands then, and whether nothing had to move.
    fn part(&mut self, from: usize, to: usize, pivot: usize) -> (usize, bool) {
        self.items.swap(from, pivot);
        let (mut low, mut high) = (from + 1, to - 1);
        let mut moved = false;
        loop {
            while low <= high && self.less(low, from) {
                low += 1;
            }
            while low <= high && !self.less(high, from) {
                high -= 1;
            }
            if low > high {
                self.items.swap(high, from);
                return (high, !moved);
            }
            self.items.swap(low, high);
            moved = true;
            low += 1;
            high -= 1;
        }
    }

    /// Where all are at least as great as the pivot: its equals to the left. Where the greater ones begin.
    fn part_equal(&mut self, from: usize, to: usize, pivot: usize) -> usize {
        self.items.swap(from, pivot);
        let (mut low, mut high) = (from + 1, to - 1);
        loop {
            while low <= high && !self.less(from, low) {
                low += 1;
            }
            while low <= high && self.less(from, high) {
                high -= 1;
            }
            if low > high {
                return low;
            }
            self.items.swap(low, high);
            low += 1;
            high -= 1;
        }
    }

    /// Puts three around the middle elsewhere, by a sequence that depends on the length alone.
    fn shuffle(&mut self, from: usize, length: usize) {
        let mut random = length as u64;
        let mask = (1u64 << (usize::BITS - length.leading_zeros())) - 1;
        let before = from + (length / 4) * 2 - 1;
        for nth in 0..3 {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            let other = (random & mask) as usize;
            let other = if other >= length { other - length } else { other };
            self.items.swap(before + nth, from + other);
        }
    }

    fn heap(&mut self, from: usize, to: usize) {
        let length = to - from;
        for root in (0..=(length - 1) / 2).rev() {
            self.sift(root, length, from);
        }
        for last in (0..length).rev() {
            self.items.swap(from, from + last);
            self.sift(0, last, from);
        }
    }

    fn sift(&mut self, mut root: usize, length: usize, from: usize) {
        loop {
            let mut child = 2 * root + 1;
            if child >= length {
                return;
            }
            if child + 1 < length && self.less(from + child, from + child + 1) {
                child += 1;
            }
            if !self.less(from + root, from + child) {
                return;
            }
            self.items.swap(from + root, from + child);
            root = child;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Orders that a program of Go 1.26 printed for the same numbers.
    #[test]
    fn equals_come_out_as_in_go() {
        let printed: [(usize, usize, u64); 9] = [
            (20, 0, 0xcc927f6ee23a0f61),
            (40, 1, 0x4ecba681e8d7e14f),
            (60, 2, 0xa80926f2466ee2a9),
            (40, 3, 0x2b6615ee58cedc77),
            (64, 4, 0x44a640666363b079),
            (200, 2, 0x484961c4cc34ab57),
            (333, 1, 0xfcd2b3a8fdcf36eb),
            (1000, 1, 0x15aebd0589ecd017),
            (1000, 4, 0xff92b34f764798f7),
        ];
        for (length, pattern, hash) in printed {
            let key = |at: usize| [at / 5, at * 7919 % 101 / 10, (at * at) % 7, length - at / 3, at * 31 % 5][pattern];
            let mut items: Vec<usize> = (0..length).collect();
            sort(&mut items, |a, b| key(*a) < key(*b));
            let fnv = |hash: u64, at: &usize| (hash ^ *at as u64).wrapping_mul(1_099_511_628_211);
            assert_eq!(items.iter().fold(14_695_981_039_346_656_037, fnv), hash, "{length} {pattern}: {items:?}");
        }
    }

    #[test]
    fn every_kind_of_input_is_sorted() {
        for length in [0, 1, 12, 13, 49, 50, 51, 300, 1000] {
            for pattern in 0..5usize {
                let of = |at: usize| [at, length - at, at * 7919 % 101, at % 2, (at * at) % 17][pattern];
                let mut items: Vec<usize> = (0..length).map(of).collect();
                let mut expected = items.clone();
                expected.sort_unstable();
                sort(&mut items, |a, b| a < b);
                assert_eq!(items, expected, "{length} {pattern}");
            }
        }
    }
}
