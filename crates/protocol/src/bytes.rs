//! Numbers that travel as one run of bytes, little end first.

use serde::de::{Error, SeqAccess, Visitor};
use serde::{Deserializer, Serializer};

pub fn serialize<S: Serializer>(values: &[f32], to: S) -> Result<S::Ok, S::Error> {
    let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    to.serialize_bytes(&bytes)
}

pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<f32>, D::Error> {
    from.deserialize_byte_buf(Bytes)
}

struct Bytes;

impl<'de> Visitor<'de> for Bytes {
    type Value = Vec<f32>;

    fn expecting(&self, to: &mut std::fmt::Formatter) -> std::fmt::Result {
        to.write_str("bytes, four for each number")
    }
    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Vec<f32>, E> {
        let (numbers, rest) = bytes.as_chunks();
        if !rest.is_empty() {
            return Err(E::invalid_length(bytes.len(), &self));
        }
        Ok(numbers.iter().map(|b| f32::from_le_bytes(*b)).collect())
    }
    /// Formats that have no bytes list them.
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<f32>, A::Error> {
        let mut bytes = vec![];
        while let Some(byte) = list.next_element()? {
            bytes.push(byte);
        }
        self.visit_bytes(&bytes)
    }
}

#[cfg(test)]
mod tests {
    use crate::{Encoded, MeterRow};

    #[test]
    fn numbers_come_back_and_broken_ones_do_not() {
        let encoded = Encoded {
            shape: [1, 3],
            values: vec![0.1, -2.5e-39, f32::INFINITY],
            ms: 1.0,
            reused: false,
            views: vec![[28, 28]],
            stages: vec![],
            peak_bytes: 1.0,
            meter: MeterRow::default(),
        };
        let text = serde_json::to_string(&encoded).unwrap();
        assert_eq!(serde_json::from_str::<Encoded>(&text).unwrap(), encoded);
        assert!(serde_json::from_str::<Encoded>(r#"{"values":[1,2,3],"ms":1,"reused":false}"#).is_err());
    }
}
