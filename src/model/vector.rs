//! What a text means, as a direction in space: made by the sentence encoder, compared by stories and topics.

use std::fmt;

/// How many numbers a vector has.
pub const DIMENSIONS: usize = 512;

/// A unit vector of [`DIMENSIONS`] numbers, kept in a byte each with one common scale: 516 bytes, a cosine right to about 0.002.
#[derive(Clone, PartialEq)]
pub struct Vector {
    /// What one step of a byte is worth.
    scale: f32,
    values: Box<[i8; DIMENSIONS]>,
}

impl Vector {
    /// Keeps the direction of these numbers; their length does not matter. All zero gives a vector whose cosine with any other is 0.
    pub fn new(numbers: &[f32; DIMENSIONS]) -> Vector {
        let length = numbers.iter().map(|number| number * number).sum::<f32>().sqrt();
        let largest = numbers.iter().fold(0.0_f32, |largest, number| largest.max(number.abs()));
        let mut values = Box::new([0_i8; DIMENSIONS]);
        if !(length.is_finite() && largest > 0.0) {
            return Vector { scale: 0.0, values };
        }
        for (value, number) in values.iter_mut().zip(numbers) {
            // At most 127 in size, so nothing is cut.
            *value = (number / largest * 127.0).round() as i8;
        }
        let kept = values.iter().map(|value| i32::from(*value).pow(2)).sum::<i32>();
        Vector { scale: (kept as f32).sqrt().recip(), values }
    }

    /// The cosine of the angle between two vectors, from -1 to 1.
    pub fn cosine(&self, other: &Vector) -> f32 {
        let dot: i32 = self
            .values
            .iter()
            .zip(other.values.iter())
            .map(|(one, other)| i32::from(*one) * i32::from(*other))
            .sum();
        (dot as f32 * self.scale * other.scale).clamp(-1.0, 1.0)
    }

    /// The numbers of the vector, largest size 127: their signs and sizes order directions for an index.
    pub fn steps(&self) -> &[i8; DIMENSIONS] {
        &self.values
    }

    /// The bytes to keep, one a number.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.values.iter().map(|value| value.to_le_bytes()[0]).collect()
    }

    /// The vector kept as these bytes; `None` if they are not as many as [`DIMENSIONS`].
    pub fn from_bytes(bytes: &[u8]) -> Option<Vector> {
        let bytes: &[u8; DIMENSIONS] = bytes.try_into().ok()?;
        let values = Box::new(bytes.map(|byte| i8::from_le_bytes([byte])));
        let kept = values.iter().map(|value| i32::from(*value).pow(2)).sum::<i32>();
        let scale = if kept == 0 { 0.0 } else { (kept as f32).sqrt().recip() };
        Some(Vector { scale, values })
    }
}

impl fmt::Debug for Vector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Vector({:?}…)", &self.values[..4])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(seed: u32) -> [f32; DIMENSIONS] {
        let mut state = seed;
        [(); DIMENSIONS].map(|()| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 24) as f32 - 0.5
        })
    }

    #[test]
    fn a_vector_keeps_its_direction() {
        let (one, other) = (numbers(1), numbers(2));
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        let exact = dot(&one, &other) / (dot(&one, &one) * dot(&other, &other)).sqrt();
        let (one, other) = (Vector::new(&one), Vector::new(&other));
        assert!((one.cosine(&other) - exact).abs() < 0.005, "{} {exact}", one.cosine(&other));
        assert!((one.cosine(&one) - 1.0).abs() < 1e-5);
        assert_eq!(Vector::from_bytes(&one.to_bytes()), Some(one));
        assert_eq!(Vector::from_bytes(&[1, 2, 3]), None);
    }

    #[test]
    fn nothing_is_like_nothing() {
        let nothing = Vector::new(&[0.0; DIMENSIONS]);
        assert_eq!(nothing.cosine(&Vector::new(&numbers(1))), 0.0);
        assert_eq!(Vector::from_bytes(&nothing.to_bytes()), Some(nothing));
        assert_eq!(Vector::new(&[f32::NAN; DIMENSIONS]).cosine(&Vector::new(&numbers(1))), 0.0);
    }
}
