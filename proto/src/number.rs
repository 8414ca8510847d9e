//! A number of Terraform: decimal, exact, of any size.
//!
//! Nearly every number is a small integer, and is kept as one; two numbers of the same value are kept alike, so that they are equal.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use bigdecimal::{BigDecimal, ToPrimitive as _};
use serde::de::{Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};

/// More decimal places, or more digits before the point, than any number of Terraform's 512 bits needs by far: a number beyond
/// is a bomb.
const MAX_EXPONENT: u64 = 20_000;

/// A decimal number, exact; or an infinity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number(Kept);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kept {
    NegativeInfinity,
    Int(i64),
    /// Whatever is no `i64`, in its shortest form.
    Big(Box<BigDecimal>),
    PositiveInfinity,
}

impl Number {
    /// Greater than every other.
    pub const INFINITY: Number = Number(Kept::PositiveInfinity);
    /// Less than every other.
    pub const NEGATIVE_INFINITY: Number = Number(Kept::NegativeInfinity);

    fn exact(number: BigDecimal) -> Number {
        match number.is_integer().then(|| number.to_i64()).flatten() {
            Some(int) => Number(Kept::Int(int)),
            None => Number(Kept::Big(Box::new(number.normalized()))),
        }
    }

    /// The number that a float stands for, with all its digits; nothing for what is not a number.
    pub fn of_float(float: f64) -> Option<Number> {
        match float {
            f64::INFINITY => Some(Number::INFINITY),
            f64::NEG_INFINITY => Some(Number::NEGATIVE_INFINITY),
            _ => BigDecimal::try_from(float).ok().map(Number::exact),
        }
    }

    /// The number, if it is such an integer.
    pub fn as_i64(&self) -> Option<i64> {
        match self.0 {
            Kept::Int(int) => Some(int),
            _ => None,
        }
    }

    /// The number, if it is such an integer.
    pub fn as_u64(&self) -> Option<u64> {
        match &self.0 {
            Kept::Int(int) => u64::try_from(*int).ok(),
            Kept::Big(number) if number.is_integer() => number.to_u64(),
            _ => None,
        }
    }

    /// The nearest float.
    pub fn as_f64(&self) -> f64 {
        match &self.0 {
            Kept::NegativeInfinity => f64::NEG_INFINITY,
            Kept::Int(int) => *int as f64,
            Kept::Big(number) => number.to_f64().unwrap_or(f64::NAN),
            Kept::PositiveInfinity => f64::INFINITY,
        }
    }

    /// Whether it is a whole number.
    pub fn is_integer(&self) -> bool {
        match &self.0 {
            Kept::Int(_) => true,
            Kept::Big(number) => number.is_integer(),
            _ => false,
        }
    }

    /// Whether it is a number proper, and no infinity.
    pub fn is_finite(&self) -> bool {
        matches!(self.0, Kept::Int(_) | Kept::Big(_))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Number) -> Ordering {
        use Kept::{Big, Int, NegativeInfinity, PositiveInfinity};
        match (&self.0, &other.0) {
            (Int(one), Int(other)) => one.cmp(other),
            (Big(one), Big(other)) => one.cmp(other),
            (Int(one), Big(other)) => BigDecimal::from(*one).cmp(other),
            (Big(one), Int(other)) => (**one).cmp(&BigDecimal::from(*other)),
            (one, other) if one == other => Ordering::Equal,
            (NegativeInfinity, _) | (_, PositiveInfinity) => Ordering::Less,
            (PositiveInfinity, _) | (_, NegativeInfinity) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Number) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl From<i64> for Number {
    fn from(number: i64) -> Number {
        Number(Kept::Int(number))
    }
}

impl From<i32> for Number {
    fn from(number: i32) -> Number {
        i64::from(number).into()
    }
}

impl From<u64> for Number {
    fn from(number: u64) -> Number {
        i64::try_from(number).map_or_else(|_| Number::exact(number.into()), Number::from)
    }
}

impl From<i128> for Number {
    fn from(number: i128) -> Number {
        i64::try_from(number).map_or_else(|_| Number::exact(number.into()), Number::from)
    }
}

/// Why a text is no number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NoNumber(String);

impl FromStr for Number {
    type Err = NoNumber;

    /// Reads a decimal number as Terraform writes one, in a message or in a state; one whose exponent would need an absurd number of
    /// digits is refused.
    fn from_str(text: &str) -> Result<Number, NoNumber> {
        if let Ok(int) = text.parse() {
            return Ok(Number(Kept::Int(int)));
        }
        let number: BigDecimal = text.parse().map_err(|_| NoNumber(format!("{text:?} is not a number")))?;
        let (digits, scale) = (number.digits(), number.fractional_digit_count().unsigned_abs());
        if digits > MAX_EXPONENT || scale > MAX_EXPONENT {
            return Err(NoNumber("a number has too many digits".to_owned()));
        }
        Ok(Number::exact(number))
    }
}

impl fmt::Display for Number {
    /// Every digit, and no exponent.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kept::NegativeInfinity => f.write_str("-infinity"),
            Kept::Int(int) => write!(f, "{int}"),
            Kept::Big(number) => f.write_str(&number.to_plain_string()),
            Kept::PositiveInfinity => f.write_str("infinity"),
        }
    }
}

impl Serialize for Number {
    /// As an integer, else as a text that keeps every digit.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Kept::Int(int) => serializer.serialize_i64(int),
            Kept::Big(_) => serializer.collect_str(self),
            _ => serializer.serialize_f64(self.as_f64()),
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Number, D::Error> {
        deserializer.deserialize_any(Digits)
    }
}

struct Digits;

impl Visitor<'_> for Digits {
    type Value = Number;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number")
    }

    fn visit_i64<E>(self, number: i64) -> Result<Number, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Number, E> {
        Ok(number.into())
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Number, E> {
        Number::of_float(number).ok_or_else(|| E::custom("it is not a number"))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Number, E> {
        text.parse().map_err(E::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(less: &str, greater: &str) {
        let (one, other): (Number, Number) = (less.parse().unwrap(), greater.parse().unwrap());
        assert_eq!(one.cmp(&other), std::cmp::Ordering::Less, "{one} {other}");
        assert_eq!(other.cmp(&one), std::cmp::Ordering::Greater, "{one} {other}");
        assert_eq!(one, one.clone());
    }

    #[test]
    fn numbers_have_an_order() {
        check("-1e30", "-9223372036854775808");
        check("1", "1.5");
        check("1.5", "2");
        check("9223372036854775807", "9223372036854775808");
        let seven: Number = 7.into();
        assert!(Number::NEGATIVE_INFINITY < seven && seven < Number::INFINITY);
        assert!(Number::NEGATIVE_INFINITY < Number::INFINITY);
    }

    #[test]
    fn what_is_equal_is_kept_alike() {
        for text in ["7", "7.0", "70e-1", "+7"] {
            assert_eq!(text.parse(), Ok(Number::from(7)), "{text}");
        }
        assert_eq!(Number::of_float(0.5).unwrap(), "0.50".parse().unwrap());
        assert_eq!(u64::MAX.to_string().parse(), Ok(Number::from(u64::MAX)));
        assert_eq!(Number::from(u64::MAX).as_u64(), Some(u64::MAX));
    }

    #[test]
    fn a_bomb_is_refused() {
        assert!("1e999999999".parse::<Number>().unwrap_err().to_string().contains("too many digits"));
        assert!("x1".parse::<Number>().is_err());
    }
}
