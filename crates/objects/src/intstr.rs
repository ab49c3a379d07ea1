//! Values that are a count or a percentage of something. Mirrors apimachinery `util/intstr`.
use crate::Tree;

/// Which way a percentage that does not come out even is rounded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Round {
    Up,
    Down,
}

/// The count that `value` means of `total`: `3`, or `25%`. Upstream's words when it is neither.
pub fn resolve(value: &Tree, total: i64, round: Round) -> Result<i64, String> {
    match value {
        Tree::Int(count) => Ok(*count),
        Tree::Text(text) => {
            let digits = text.strip_suffix('%').ok_or("invalid value for IntOrString: invalid type: string is not a percentage")?;
            let percent: i64 = digits.parse().map_err(|_| {
                format!("invalid value for IntOrString: invalid value {text:?}: strconv.Atoi: parsing {digits:?}: invalid syntax")
            })?;
            let product = percent.saturating_mul(total);
            Ok(match round {
                Round::Up => product.div_euclid(100) + i64::from(product.rem_euclid(100) != 0),
                Round::Down => product.div_euclid(100),
            })
        }
        _ => Err("invalid value for IntOrString: invalid type: neither int nor percentage".into()),
    }
}

/// Whether it is written with a percent sign.
pub fn is_percent(value: &Tree) -> bool {
    value.text().ends_with('%')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_round_as_asked() {
        let check = |value: Tree, round, expect| assert_eq!(resolve(&value, 10, round), Ok(expect));
        check(Tree::Int(3), Round::Up, 3);
        check("25%".into(), Round::Up, 3);
        check("25%".into(), Round::Down, 2);
        check("100%".into(), Round::Down, 10);
        check("0%".into(), Round::Up, 0);
        assert!(resolve(&"3".into(), 10, Round::Up).unwrap_err().ends_with("string is not a percentage"));
        assert!(resolve(&Tree::Null, 10, Round::Up).is_err());
    }
}
