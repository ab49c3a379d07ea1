//! Amounts such as `500m` and `1Gi`, exact, in billionths. Mirrors apimachinery `api/resource`.
use crate::Tree;
use std::cmp::Ordering;
use std::fmt::{self, Write};

const UNIT: i128 = 1_000_000_000;
/// Larger amounts are cut to this, as upstream does.
const LARGEST: i128 = (i64::MAX as i128) * UNIT;
const DECIMAL: [(&str, i32); 10] =
    [("n", -9), ("u", -6), ("m", -3), ("", 0), ("k", 3), ("M", 6), ("G", 9), ("T", 12), ("P", 15), ("E", 18)];
const BINARY: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

/// An amount and the notation that it prints in.
#[derive(Debug, Clone, Copy, Default)]
pub struct Quantity {
    nano: i128,
    notation: Notation,
}

#[derive(Debug, Clone, Copy, Default, PartialEq)]
enum Notation {
    /// `500m`, `2`, `3k`
    #[default]
    Decimal,
    /// `128Mi`
    Binary,
    /// `12e6`
    Exponent,
}

/// Why a text is no quantity; prints upstream's sentence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum QuantityError {
    Format,
    Numeric,
    Suffix,
}

impl fmt::Display for QuantityError {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(match self {
            QuantityError::Format => "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
            QuantityError::Numeric => "unable to parse numeric part of quantity",
            QuantityError::Suffix => "unable to parse quantity's suffix",
        })
    }
}

impl Quantity {
    pub const ZERO: Quantity = Quantity { nano: 0, notation: Notation::Decimal };

    /// Reads `500m`, `0.5`, `1Gi`, `12e6`, `-1`.
    pub fn parse(text: &str) -> Result<Quantity, QuantityError> {
        let (number, suffix) = split(text)?;
        let (power, notation) = scale(suffix)?;
        let (negative, digits) = match number.strip_prefix(['+', '-']) {
            Some(digits) => (number.starts_with('-'), digits),
            None => (false, number),
        };
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        if whole.is_empty() && fraction.is_empty() {
            return Err(QuantityError::Numeric);
        }
        let nano = nanos(whole, fraction, power).min(LARGEST);
        Ok(Quantity { nano: if negative { -nano } else { nano }, notation })
    }

    /// The amount that stands in a tree, as text or number; zero when there is none or it is no quantity.
    pub fn of(tree: &Tree) -> Quantity {
        match tree {
            Tree::Text(text) => Quantity::parse(text).unwrap_or(Quantity::ZERO),
            Tree::Int(number) => Quantity::from_units(*number),
            Tree::Float(_) => Quantity::parse(&tree.to_json()).unwrap_or(Quantity::ZERO),
            _ => Quantity::ZERO,
        }
    }

    pub fn from_milli(milli: i64) -> Quantity {
        Quantity { nano: i128::from(milli) * (UNIT / 1000), notation: Notation::Decimal }
    }

    pub fn from_units(units: i64) -> Quantity {
        Quantity { nano: i128::from(units) * UNIT, notation: Notation::Decimal }
    }

    /// Prints as `1Gi`.
    pub fn from_bytes(bytes: i64) -> Quantity {
        Quantity { nano: i128::from(bytes) * UNIT, notation: Notation::Binary }
    }

    /// Thousandths, rounded up.
    pub fn as_milli(self) -> i64 {
        clamp(ceil(self.nano, UNIT / 1000))
    }

    /// Whole units (bytes, pods), rounded up.
    pub fn as_units(self) -> i64 {
        clamp(ceil(self.nano, UNIT))
    }

    pub fn as_bytes(self) -> i64 {
        self.as_units()
    }

    pub fn is_zero(self) -> bool {
        self.nano == 0
    }

    pub fn is_negative(self) -> bool {
        self.nano < 0
    }

    /// The notation of a zero gives way to the other's.
    pub fn plus(self, other: Quantity) -> Quantity {
        let notation = if self.is_zero() { other.notation } else { self.notation };
        Quantity { nano: (self.nano + other.nano).min(LARGEST), notation }
    }

    pub fn minus(self, other: Quantity) -> Quantity {
        self.plus(Quantity { nano: -other.nano, ..other })
    }

    pub fn times(self, factor: i64) -> Quantity {
        Quantity { nano: self.nano.saturating_mul(i128::from(factor)).min(LARGEST), ..self }
    }

    /// Whether the canonical form is this very text; needs no memory.
    pub fn prints_as(self, text: &str) -> bool {
        let mut rest = Rest(text);
        write!(rest, "{self}").is_ok() && rest.0.is_empty()
    }
}

impl std::ops::Add for Quantity {
    type Output = Quantity;
    fn add(self, other: Quantity) -> Quantity {
        self.plus(other)
    }
}
impl std::ops::Sub for Quantity {
    type Output = Quantity;
    fn sub(self, other: Quantity) -> Quantity {
        self.minus(other)
    }
}
impl PartialEq for Quantity {
    fn eq(&self, other: &Quantity) -> bool {
        self.nano == other.nano
    }
}
impl Eq for Quantity {}
impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Quantity) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Quantity {
    fn cmp(&self, other: &Quantity) -> Ordering {
        self.nano.cmp(&other.nano)
    }
}

/// The canonical form: no fraction, the largest suffix that loses nothing.
impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        if self.nano == 0 {
            return f.write_str("0");
        }
        let binary = self.notation == Notation::Binary && self.nano.abs() >= 1024 * UNIT && self.nano % UNIT == 0;
        if binary {
            let (mut number, mut step) = (self.nano / UNIT, 0);
            while number % 1024 == 0 && step + 1 < BINARY.len() {
                (number, step) = (number / 1024, step + 1);
            }
            return write!(f, "{number}{}", BINARY[step]);
        }
        let (mut number, mut step) = (self.nano, 0);
        while number % 1000 == 0 && step + 1 < DECIMAL.len() {
            (number, step) = (number / 1000, step + 1);
        }
        match (self.notation, DECIMAL[step]) {
            (Notation::Exponent, (_, 0)) => write!(f, "{number}"),
            (Notation::Exponent, (_, power)) => write!(f, "{number}e{power}"),
            (_, (suffix, _)) => write!(f, "{number}{suffix}"),
        }
    }
}

/// The signed number and the suffix.
fn split(text: &str) -> Result<(&str, &str), QuantityError> {
    let signed = usize::from(text.starts_with(['+', '-']));
    let number = signed + prefix(&text[signed..], |c| c.is_ascii_digit());
    let number = if text[number..].starts_with('.') { number + 1 + prefix(&text[number + 1..], |c| c.is_ascii_digit()) } else { number };
    let letters = number + prefix(&text[number..], |c| "eEinumkKMGTP".contains(c));
    let sign = letters + usize::from(text[letters..].starts_with(['+', '-']));
    let end = sign + prefix(&text[sign..], |c| c.is_ascii_digit());
    if text.is_empty() || end != text.len() { Err(QuantityError::Format) } else { Ok(text.split_at(number)) }
}

fn prefix(text: &str, wanted: impl Fn(char) -> bool) -> usize {
    text.find(|c| !wanted(c)).unwrap_or(text.len())
}

/// How many units one of the suffix is, as a power of 10 or of 1024.
enum Power {
    Ten(i32),
    Kibi(u32),
}

fn scale(suffix: &str) -> Result<(Power, Notation), QuantityError> {
    if let Some((_, power)) = DECIMAL.iter().find(|(name, _)| *name == suffix) {
        return Ok((Power::Ten(*power), Notation::Decimal));
    }
    if let Some(at) = BINARY.iter().position(|name| *name == suffix) {
        return Ok((Power::Kibi(at as u32), Notation::Binary));
    }
    let exponent = suffix.strip_prefix(['e', 'E']).filter(|digits| !digits.is_empty());
    match exponent.and_then(|digits| digits.parse().ok()) {
        Some(power) => Ok((Power::Ten(power), Notation::Exponent)),
        None => Err(QuantityError::Suffix),
    }
}

/// `whole.fraction` times the power, in billionths, rounded up.
fn nanos(whole: &str, fraction: &str, power: Power) -> i128 {
    let (factor, shift) = match power {
        Power::Ten(power) => (1, power.saturating_add(9).clamp(-60, 60)),
        Power::Kibi(power) => (1024_i128.pow(power), 9),
    };
    let mut number: i128 = 0;
    for digit in whole.bytes().chain(fraction.bytes()) {
        number = number.saturating_mul(10).saturating_add(i128::from(digit - b'0'));
    }
    let number = number.saturating_mul(factor);
    match shift - fraction.len().min(60) as i32 {
        up @ 0.. => (0..up).fold(number, |number, _| number.saturating_mul(10)),
        down => ceil(number, 10_i128.pow((-down).min(38) as u32)),
    }
}

fn ceil(number: i128, by: i128) -> i128 {
    number.div_euclid(by) + i128::from(number.rem_euclid(by) != 0)
}

fn clamp(number: i128) -> i64 {
    number.clamp(i128::from(i64::MIN), i128::from(i64::MAX)) as i64
}

/// Text that is eaten by what is written.
struct Rest<'a>(&'a str);

impl Write for Rest<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 = self.0.strip_prefix(text).ok_or(fmt::Error)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_print_in_canonical_form() {
        let check = |text: &str, expect: &str| assert_eq!(Quantity::parse(text).unwrap().to_string(), expect, "{text}");
        for same in ["0", "1", "500m", "100Mi", "1Gi", "3k", "12e6", "-5", "1500m", "1n"] {
            check(same, same);
        }
        check("0.5", "500m");
        check("1000m", "1");
        check("1024Mi", "1Gi");
        check("1.5Gi", "1536Mi");
        check("0.1Ki", "102400m");
        check("512", "512");
        check("1000Ki", "1000Ki");
        check("1e3", "1e3");
        check("1E", "1E");
        check("+1.50", "1500m");
        check(".5", "500m");
        check("0.0000000001", "1n");
        check("1e40", "9223372036854775807");
        check("7974712Ki", "7974712Ki");
    }

    #[test]
    fn what_is_no_amount_is_refused_in_upstream_words() {
        let check = |text: &str, expect: QuantityError| assert_eq!(Quantity::parse(text), Err(expect), "{text}");
        for wrong in ["", "half", "500 m", "1.2.3", "1Gib", "100MB", "1m "] {
            check(wrong, QuantityError::Format);
        }
        check("Gi", QuantityError::Numeric);
        check("1KiM", QuantityError::Suffix);
        check("1e", QuantityError::Suffix);
    }

    #[test]
    fn sums_are_exact_and_roundings_go_up() {
        let q = |text| Quantity::parse(text).unwrap();
        assert_eq!(q("100m").plus(q("1.9")).to_string(), "2");
        assert_eq!(Quantity::ZERO.plus(q("1Gi")).plus(q("256Mi")).to_string(), "1280Mi");
        assert_eq!(q("4").minus(q("250m")).to_string(), "3750m");
        assert_eq!((q("1u").as_milli(), q("1500m").as_units(), q("1Ki").as_bytes()), (1, 2, 1024));
        assert!(q("1024Mi") == q("1Gi") && q("1G") < q("1Gi"));
        assert!(q("1Gi").prints_as("1Gi") && !q("1Gi").prints_as("1Gib") && !q("1Gi").prints_as("1024Mi"));
    }
}
