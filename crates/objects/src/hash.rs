//! The hash that tells one Pod template from another: the value behind `pod-template-hash`.
//!
//! Upstream prints the Go struct with spew and hashes that with FNV-32a. We hash the canonical JSON of the template, so
//! the numbers differ from upstream's while every property holds: equal templates give equal hashes, a collision count
//! gives another one.
use crate::Tree;

const BASIS: u32 = 0x811c_9dc5;
const PRIME: u32 = 0x0100_0193;

/// FNV-32a of the template's JSON and, where there was a collision, of its count (four bytes, little end first).
pub fn template_hash(template: &Tree, collision_count: Option<i64>) -> u32 {
    let hash = fnv(BASIS, template.to_json().as_bytes());
    collision_count.map_or(hash, |count| fnv(hash, &(count as u32).to_le_bytes()))
}

fn fnv(basis: u32, bytes: &[u8]) -> u32 {
    bytes.iter().fold(basis, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(PRIME))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::map;

    #[test]
    fn the_hash_is_fnv_and_counts_collisions() {
        assert_eq!(fnv(BASIS, b"foobar"), 0xbf9c_f968);
        let template = map! {"spec": map! {"nodeName": "a"}};
        assert_eq!(template_hash(&template, None), template_hash(&template.clone(), None));
        assert_ne!(template_hash(&template, None), template_hash(&template, Some(1)));
        assert_ne!(template_hash(&template, Some(1)), template_hash(&template, Some(2)));
    }
}
