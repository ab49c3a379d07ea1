//! What a Pod asked for, as its status repeats it.
use objects::{Map, Tree};

/// A container's requests as it asked for them (limits stand in for missing requests at admission).
pub fn requests(container: &Tree) -> Tree {
    container.at(&["resources", "requests"]).clone()
}

/// `resources` of a container status: what the runtime was told, and while it runs, how it repeats that.
pub fn of_container(container: &Tree, running: bool) -> Tree {
    let mut all = Tree::from(Map::default());
    let (limits, mut asked) = (container.at(&["resources", "limits"]), requests(container));
    if !limits.is_empty() {
        all.set(&["limits"], limits);
    }
    if !asked.is_empty() {
        // The runtime knows no memory request, so an absent one comes back as zero.
        if running && !asked.has("memory") {
            asked.set(&["memory"], "0");
        }
        all.set(&["requests"], asked);
    }
    all
}

/// `resources` of a Pod status: sums over its containers.
pub fn of_pod(spec: &Tree) -> Tree {
    let mut all = Tree::from(Map::default());
    for part in ["limits", "requests"] {
        let sum = sum(spec, part);
        if !sum.is_empty() {
            all.set(&[part], sum);
        }
    }
    all
}

pub fn requests_of_pod(spec: &Tree) -> Tree {
    sum(spec, "requests")
}

fn sum(spec: &Tree, part: &str) -> Tree {
    let mut total = Tree::from(Map::default());
    for container in spec.get("containers").items() {
        for (name, amount) in container.at(&["resources", part]).entries() {
            let before = total.get(name).clone();
            let added = if before.is_null() { amount.clone() } else { add(&before, amount) };
            total.set(&[name], added);
        }
    }
    total
}

/// Adds two quantities, written in the unit of the first as far as that is exact.
fn add(first: &Tree, second: &Tree) -> Tree {
    let (Some((a, unit)), Some((b, _))) = (milli(first.text()), milli(second.text())) else { return first.clone() };
    let sum = a + b;
    let scale = i128::from(factor(unit));
    Tree::from(if sum % scale == 0 { format!("{}{unit}", sum / scale) } else { format!("{sum}m") })
}

/// Thousandths, and the unit it was written in.
fn milli(text: &str) -> Option<(i128, &str)> {
    let at = text.find(|letter: char| letter.is_ascii_alphabetic()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(at);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let scale = i128::from(factor(unit));
    let mut sum = whole.parse::<i128>().ok()? * scale;
    let mut place = scale;
    for digit in fraction.chars() {
        place /= 10;
        sum += i128::from(digit.to_digit(10)?) * place;
    }
    Some((sum, unit))
}

fn factor(unit: &str) -> i64 {
    match unit {
        "m" => 1,
        "k" => 1_000_000,
        "M" => 1_000_000_000,
        "G" => 1_000_000_000_000,
        "Ki" => 1_000 << 10,
        "Mi" => 1_000 << 20,
        "Gi" => 1_000 << 30,
        "Ti" => 1_000 << 40,
        _ => 1_000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use objects::{list, map};

    #[test]
    fn requests_of_two_containers_add_up() {
        let container = |cpu: &str, memory: &str| map! {"resources": map! {"requests": map! {"cpu": cpu, "memory": memory}}};
        let spec = map! {"containers": list![container("100m", "64Mi"), container("1", "1Gi")]};
        assert_eq!(requests_of_pod(&spec).to_json(), r#"{"cpu":"1100m","memory":"1088Mi"}"#);
    }
}
