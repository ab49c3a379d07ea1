//! `name=value` and `name-` behind the names of resources, and patterns of container names.

type Pairs = Vec<(String, String)>;

/// Parts the words into resources and the pairs that follow them. The error is upstream's sentence.
pub fn split(words: &[String], kind: &str) -> Result<(Vec<String>, Vec<String>), String> {
    let is_pair = |word: &str| word.find('=').is_some_and(|at| at > 0) || (word.ends_with('-') && word != "-");
    let first = words.iter().position(|word| is_pair(word)).unwrap_or(words.len());
    let (resources, pairs) = words.split_at(first);
    match pairs.iter().find(|word| !is_pair(word)) {
        Some(word) => Err(format!("all resources must be specified before {kind} changes: {word}")),
        None => Ok((resources.to_vec(), pairs.to_vec())),
    }
}

/// What to set, and what to take away (`name-`, where that is allowed).
pub fn parse(pairs: &[String], kind: &str, may_remove: bool) -> Result<(Pairs, Vec<String>), String> {
    let (mut set, mut remove, mut wrong) = (Pairs::new(), Vec::new(), Vec::new());
    for pair in pairs {
        match pair.split_once('=') {
            Some((name, value)) if !name.is_empty() => set.push((name.to_string(), value.to_string())),
            None if may_remove && pair.len() > 1 && pair.ends_with('-') => remove.push(pair[..pair.len() - 1].to_string()),
            _ => wrong.push(pair.as_str()),
        }
    }
    if wrong.is_empty() { Ok((set, remove)) } else { Err(format!("invalid {kind} format: {}", wrong.join(", "))) }
}

/// Whether a name fits a pattern in which `*` stands for any letters.
pub fn fits(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((head, tail)) => {
            name.strip_prefix(head).is_some_and(|rest| (0..=rest.len()).any(|at| rest.is_char_boundary(at) && fits(tail, &rest[at..])))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split(' ').map(str::to_string).collect()
    }

    #[test]
    fn resources_stand_before_changes() {
        assert_eq!(split(&words("deploy web a=1 b-"), "env"), Ok((words("deploy web"), words("a=1 b-"))));
        assert_eq!(split(&words("deploy a=1 web"), "label"), Err("all resources must be specified before label changes: web".to_string()));
        assert_eq!(parse(&words("a=b=c d-"), "label", true), Ok((vec![("a".to_string(), "b=c".to_string())], vec!["d".to_string()])));
    }

    #[test]
    fn a_star_stands_for_any_letters() {
        assert!(fits("*", "main") && fits("m*n", "main") && fits("main", "main") && !fits("side*", "main"));
    }
}
