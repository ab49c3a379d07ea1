//! Evaluates expressions over trees, with fuel, and says what was seen where something was wanted.
use super::parse::Expr;
use objects::{Text, Tree};
use std::cmp::Ordering;

/// What expressions can ask about the world: functions by name. `None`: no such function.
pub trait Env {
    fn call(&self, name: &str, arguments: &[Tree]) -> Option<Result<Tree, String>>;
    fn name(&self, name: &str) -> Option<Tree>;
}

/// Observed against wanted, for the learner.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Observation {
    pub holds: bool,
    pub observed: String,
    pub wanted: String,
}

/// How many steps one evaluation may take.
const FUEL: u32 = 200_000;

/// The value, or what went wrong in words.
pub fn evaluate(expr: &Expr, env: &dyn Env) -> Result<Tree, String> {
    Machine { env, bound: Vec::new(), fuel: FUEL }.run(expr)
}

/// Evaluates to true or false; for the first part that does not hold, what was seen.
pub fn observe(expr: &Expr, env: &dyn Env) -> Observation {
    if let Expr::Binary("&&", left, right) = expr {
        let first = observe(left, env);
        return if first.holds { observe(right, env) } else { first };
    }
    let holds = matches!(evaluate(expr, env), Ok(Tree::Bool(true)));
    let Expr::Binary(sign @ ("==" | "!=" | "<" | "<=" | ">" | ">="), left, right) = expr else {
        return Observation { holds, ..Observation::default() };
    };
    let is_span = |side: &Expr| matches!(side, Expr::Call(name, _) if name == "duration");
    let span = is_span(left) || is_span(right);
    let shown = |side: &Expr| {
        evaluate(side, env).map_or_else(
            |words| words,
            |value| match value {
                Tree::Int(micros) if span => format!("{}.{} s", micros / 1_000_000, micros.unsigned_abs() / 100_000 % 10),
                other => show(&other),
            },
        )
    };
    // "Not empty" is said by the check's own words.
    if *sign == "!=" && matches!(&**right, Expr::Text(text) if text.is_empty()) {
        return Observation { holds, observed: shown(left), wanted: String::new() };
    }
    let sign = if *sign == "==" { String::new() } else { format!("{sign} ") };
    Observation { holds, observed: shown(left), wanted: format!("{sign}{}", shown(right)) }
}

fn show(value: &Tree) -> String {
    match value {
        Tree::Text(text) => text.to_string(),
        Tree::Null => "-".to_string(),
        other => other.to_json(),
    }
}

struct Machine<'a> {
    env: &'a dyn Env,
    bound: Vec<(String, Tree)>,
    fuel: u32,
}

impl Machine<'_> {
    fn run(&mut self, expr: &Expr) -> Result<Tree, String> {
        self.fuel = self.fuel.checked_sub(1).ok_or("the expression takes too long")?;
        Ok(match expr {
            Expr::Int(number) => Tree::Int(*number),
            Expr::Text(text) => Tree::from(text.as_str()),
            Expr::Bool(value) => Tree::Bool(*value),
            Expr::Null => Tree::Null,
            Expr::Name(name) => self.lookup(name)?,
            Expr::List(items) => Tree::from(items.iter().map(|item| self.run(item)).collect::<Result<Vec<_>, _>>()?),
            Expr::Field(of, name) => self.run(of)?.get(name).clone(),
            Expr::Index(of, index) => {
                let (of, index) = (self.run(of)?, self.run(index)?);
                match &index {
                    Tree::Int(at) => usize::try_from(*at).ok().and_then(|at| of.items().get(at)).cloned().unwrap_or_default(),
                    _ => of.get(index.text()).clone(),
                }
            }
            Expr::Not(inner) => Tree::Bool(!self.truth(inner)?),
            Expr::Minus(inner) => Tree::Int(-self.run(inner)?.as_int().ok_or("only a number can be negated")?),
            Expr::Binary("&&", left, right) => Tree::Bool(self.truth(left)? && self.truth(right)?),
            Expr::Binary("||", left, right) => Tree::Bool(self.truth(left)? || self.truth(right)?),
            Expr::Binary(sign, left, right) => binary(sign, &self.run(left)?, &self.run(right)?)?,
            Expr::Choice(when, yes, no) => {
                if self.truth(when)? {
                    self.run(yes)?
                } else {
                    self.run(no)?
                }
            }
            Expr::Call(name, arguments) => self.call(name, arguments)?,
            Expr::Macro(name, list, variable, body) => self.each(name, list, variable, body)?,
        })
    }

    fn truth(&mut self, expr: &Expr) -> Result<bool, String> {
        self.run(expr)?.as_bool().ok_or_else(|| "a condition is neither true nor false".to_string())
    }

    fn lookup(&self, name: &str) -> Result<Tree, String> {
        let bound = self.bound.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.clone());
        bound.or_else(|| self.env.name(name)).ok_or_else(|| format!("nothing is called \"{name}\""))
    }

    fn call(&mut self, name: &str, arguments: &[Expr]) -> Result<Tree, String> {
        if name == "has" {
            // `has(x.y)`: whether the field is there, without an error where it is not.
            return Ok(Tree::Bool(arguments.first().is_some_and(|field| self.run(field).is_ok_and(|value| !value.is_null()))));
        }
        let values = arguments.iter().map(|argument| self.run(argument)).collect::<Result<Vec<_>, _>>()?;
        if let Some(value) = builtin(name, &values) {
            return value;
        }
        self.env.call(name, &values).unwrap_or_else(|| Err(format!("there is no function \"{name}\"")))
    }

    fn each(&mut self, name: &str, list: &Expr, variable: &str, body: &Expr) -> Result<Tree, String> {
        let list = self.run(list)?;
        let mut kept = Vec::new();
        for item in list.items() {
            self.bound.push((variable.to_string(), item.clone()));
            let value = self.run(body);
            self.bound.pop();
            let value = value?;
            match name {
                "map" => kept.push(value),
                _ if value.is_true() => kept.push(item.clone()),
                _ => {}
            }
        }
        let (found, all) = (kept.len(), list.items().len());
        Ok(match name {
            "all" => Tree::Bool(found == all),
            "exists" => Tree::Bool(found > 0),
            "exists_one" => Tree::Bool(found == 1),
            _ => Tree::from(kept),
        })
    }
}

fn builtin(name: &str, values: &[Tree]) -> Option<Result<Tree, String>> {
    let texts = || (values.first().map_or("", Tree::text), values.get(1).map_or("", Tree::text));
    Some(Ok(match name {
        "size" => match values.first()? {
            Tree::Text(text) => Tree::from(text.chars().count()),
            Tree::Map(map) => Tree::from(map.len()),
            list => Tree::from(list.items().len()),
        },
        "startsWith" => Tree::Bool(texts().0.starts_with(texts().1)),
        "endsWith" => Tree::Bool(texts().0.ends_with(texts().1)),
        "contains" => Tree::Bool(texts().0.contains(texts().1)),
        "duration" => match crate::span::parse(texts().0) {
            Some(span) => Tree::Int(span.0 as i64),
            None => return Some(Err(format!("\"{}\" is no duration", texts().0))),
        },
        _ => return None,
    }))
}

fn binary(sign: &str, left: &Tree, right: &Tree) -> Result<Tree, String> {
    if let ("==" | "!=", _) = (sign, left) {
        return Ok(Tree::Bool((left == right) == (sign == "==")));
    }
    if sign == "in" {
        let found = match right {
            Tree::Map(map) => map.get(left.text()).is_some(),
            list => list.items().contains(left),
        };
        return Ok(Tree::Bool(found));
    }
    match (left, right) {
        (Tree::Int(a), Tree::Int(b)) => numbers(sign, *a, *b),
        (Tree::Text(a), Tree::Text(b)) => texts(sign, a, b),
        (Tree::List(a), Tree::List(b)) if sign == "+" => Ok(Tree::from([&a[..], &b[..]].concat())),
        _ => Err(format!("\"{sign}\" does not fit {} and {}", left.to_json(), right.to_json())),
    }
}

fn numbers(sign: &str, a: i64, b: i64) -> Result<Tree, String> {
    let number = |value: Option<i64>| value.map(Tree::Int).ok_or_else(|| format!("{a} {sign} {b} has no value"));
    match sign {
        "+" => number(a.checked_add(b)),
        "-" => number(a.checked_sub(b)),
        "*" => number(a.checked_mul(b)),
        "/" => number(a.checked_div(b)),
        "%" => number(a.checked_rem(b)),
        _ => Ok(Tree::Bool(ordered(sign, a.cmp(&b)))),
    }
}

fn texts(sign: &str, a: &Text, b: &Text) -> Result<Tree, String> {
    match sign {
        "+" => Ok(Tree::from(format!("{a}{b}"))),
        "<" | "<=" | ">" | ">=" => Ok(Tree::Bool(ordered(sign, a.cmp(b)))),
        _ => Err(format!("\"{sign}\" does not fit texts")),
    }
}

fn ordered(sign: &str, order: Ordering) -> bool {
    match sign {
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        _ => order.is_ge(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;
    use objects::{list, map};

    struct Two;
    impl Env for Two {
        fn call(&self, name: &str, _: &[Tree]) -> Option<Result<Tree, String>> {
            (name == "pods").then(|| Ok(list![map! {"name": "a", "ready": true}, map! {"name": "b", "ready": false}]))
        }
        fn name(&self, _: &str) -> Option<Tree> {
            None
        }
    }

    fn check(source: &str, expect: &str) {
        let value = parse(source).and_then(|expr| evaluate(&expr, &Two));
        assert_eq!(value.map_or_else(|words| words, |value| value.to_json()), expect, "{source}");
    }

    #[test]
    fn expressions_have_their_values() {
        check("1 + 2 * 3 == 7 && !(2 > 3)", "true");
        check("size(pods('').filter(p, p.ready)) == 1", "true");
        check("pods('').exists(p, p.name == 'b' && p.ready)", "false");
        check("pods('').map(p, p.name)[1]", "\"b\"");
        check("'web-1'.startsWith('web') ? 'yes' : 'no'", "\"yes\"");
        check("has(pods('')[0].nothing)", "false");
        check("duration('90s') > duration('1m')", "true");
        check("'a' in ['a', 'b']", "true");
        check("1 / 0", "1 / 0 has no value");
        check("nowhere == 1", "nothing is called \"nowhere\"");
        check("1 ==", "the expression ends too early");
    }

    #[test]
    fn a_failed_comparison_says_what_was_seen() {
        let expr = parse("true && size(pods('').filter(p, p.ready)) >= 2").unwrap();
        let seen = observe(&expr, &Two);
        assert_eq!((seen.holds, seen.observed.as_str(), seen.wanted.as_str()), (false, "1", ">= 2"));
    }
}
