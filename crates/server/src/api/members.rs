//! The names of an input's members, read off its type: for the check against AWS's models.

use serde::Deserializer;
use serde::de::{DeserializeOwned, Error, Visitor, value};
use serde::forward_to_deserialize_any;

/// The wire names of the members of `T`, in the order in which they are declared.
pub fn of<T: DeserializeOwned>() -> &'static [&'static str] {
    let mut members: &'static [&'static str] = &[];
    // What it would deserialize to does not matter: there is nothing to read.
    let _ = T::deserialize(Collector(&mut members));
    members
}

struct Collector<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for Collector<'_> {
    type Error = value::Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Self::Error> {
        Err(value::Error::custom("only the names are wanted"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        *self.0 = fields;
        self.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_wire() {
        #[derive(serde::Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Input {
            #[allow(dead_code, reason = "only its name is looked at")]
            thing_name: String,
        }
        assert_eq!(of::<Input>(), ["thingName"]);
    }
}
