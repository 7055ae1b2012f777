//! Conversion of bytes to numbers.

use super::global::NumberType;
use super::heap::Value;
use super::op::Fault;

impl NumberType {
    /// Returns the number that these little-endian bytes represent.
    pub(crate) fn number(self, bytes: &[u8]) -> Result<Value, Fault> {
        use Value::{Bool, Float, Int, Opaque};
        let wrong = |_| Fault::from(format!("a numpy number of {} bytes for its type", bytes.len()));
        Ok(match self {
            NumberType::F16 => Float(half::f16::from_le_bytes(bytes.try_into().map_err(wrong)?).into()),
            NumberType::F32 => Float(f32::from_le_bytes(bytes.try_into().map_err(wrong)?).into()),
            NumberType::F64 => Float(f64::from_le_bytes(bytes.try_into().map_err(wrong)?)),
            NumberType::I8 => Int(i8::from_le_bytes(bytes.try_into().map_err(wrong)?).into()),
            NumberType::I16 => Int(i16::from_le_bytes(bytes.try_into().map_err(wrong)?).into()),
            NumberType::I32 => Int(i32::from_le_bytes(bytes.try_into().map_err(wrong)?).into()),
            NumberType::I64 => Int(i64::from_le_bytes(bytes.try_into().map_err(wrong)?)),
            NumberType::U8 => Int(<[u8; 1]>::try_from(bytes).map_err(wrong)?[0].into()),
            NumberType::U16 => Int(u16::from_le_bytes(bytes.try_into().map_err(wrong)?).into()),
            NumberType::U32 => Int(u32::from_le_bytes(bytes.try_into().map_err(wrong)?).into()),
            NumberType::U64 => i64::try_from(u64::from_le_bytes(bytes.try_into().map_err(wrong)?)).map_or(Opaque, Int),
            NumberType::Bool => Bool(<[u8; 1]>::try_from(bytes).map_err(wrong)? != [0]),
        })
    }
}
