//! `seq`, the same in all shells.

/// Numbers, one a line: `LAST`, `FIRST LAST`, or `FIRST STEP LAST`; or what it says of words that are none.
pub fn seq(words: &[String]) -> Result<String, String> {
    let mut numbers = Vec::new();
    for word in words {
        numbers.push(word.parse::<i64>().map_err(|_| format!("seq: invalid floating point argument: \u{2018}{word}\u{2019}\n"))?);
    }
    let (first, step, last) = match numbers[..] {
        [last] => (1, 1, last),
        [first, last] => (first, 1, last),
        [_, 0, _] => return Err("seq: invalid Zero increment value: \u{2018}0\u{2019}\n".to_string()),
        [first, step, last] => (first, step, last),
        _ => return Err("seq: missing operand\n".to_string()),
    };
    let (mut text, mut number) = (String::new(), first);
    while (if step > 0 { number <= last } else { number >= last }) && text.len() < 1_000_000 {
        text.push_str(&format!("{number}\n"));
        number += step;
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_up_and_down() {
        let all = |words: &[&str]| seq(&words.iter().map(|word| word.to_string()).collect::<Vec<_>>());
        assert_eq!(all(&["3"]), Ok("1\n2\n3\n".to_string()));
        assert_eq!(all(&["5", "-2", "1"]), Ok("5\n3\n1\n".to_string()));
        assert_eq!(all(&["3", "1"]), Ok(String::new()));
        assert!(all(&["x"]).is_err() && all(&["1", "0", "2"]).is_err());
    }
}
