//! The Python names that files refer to. Each is a word for what this reader does itself; none is looked up.

use super::op::Fault;

/// A name that occurs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Global {
    /// `collections.OrderedDict`
    OrderedDict,
    /// `set`
    Set,
    /// `numpy.core.multiarray.scalar`: a number from its type and its bytes
    NumpyScalar,
    /// `numpy.dtype`
    NumpyType,
    /// `numpy.core.multiarray._reconstruct`: an array without its numbers yet
    NumpyArray,
    /// `numpy.ndarray`
    NumpyArrayType,
    /// `_codecs.encode`: how protocol 2 writes bytes
    Encode,
    /// What makes a tensor of weights, which is passed over
    Weights,
}

impl Global {
    pub(super) fn find(module: &str, name: &str) -> Result<Self, Fault> {
        Ok(match (module, name) {
            ("collections", "OrderedDict") => Global::OrderedDict,
            ("__builtin__" | "builtins", "set") => Global::Set,
            ("numpy.core.multiarray" | "numpy._core.multiarray", "scalar") => Global::NumpyScalar,
            ("numpy", "dtype") => Global::NumpyType,
            ("numpy.core.multiarray" | "numpy._core.multiarray", "_reconstruct") => Global::NumpyArray,
            ("numpy", "ndarray") => Global::NumpyArrayType,
            ("_codecs", "encode") => Global::Encode,
            ("torch._utils", "_rebuild_tensor_v2" | "_rebuild_parameter") => Global::Weights,
            ("torch", storage) if storage.ends_with("Storage") => Global::Weights,
            _ => return Err(format!("refers to {module}.{name}, which no benchmark file has").into()),
        })
    }
}

/// A numpy number type of one to eight bytes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum NumberType {
    F32,
    F64,
    I32,
    I64,
    Bool,
    U8,
}

impl NumberType {
    pub(super) fn find(code: &str) -> Result<Self, Fault> {
        Ok(match code {
            "f4" => NumberType::F32,
            "f8" => NumberType::F64,
            "i4" => NumberType::I32,
            "i8" => NumberType::I64,
            "b1" => NumberType::Bool,
            "u1" => NumberType::U8,
            _ => return Err(format!("a numpy number of type {code}; known are f4, f8, i4, i8, b1 and u1").into()),
        })
    }

    /// Whether it is an unsigned byte.
    pub(crate) fn is_byte(self) -> bool {
        self == NumberType::U8
    }

    /// The number of these little-endian bytes.
    pub(super) fn number(self, bytes: &[u8]) -> Result<super::Value, Fault> {
        use super::Value::{Bool, Float, Int};
        let wrong = |_| Fault::from(format!("a numpy number of {} bytes for its type", bytes.len()));
        Ok(match self {
            NumberType::F32 => Float(f32::from_le_bytes(bytes.try_into().map_err(wrong)?).into()),
            NumberType::F64 => Float(f64::from_le_bytes(bytes.try_into().map_err(wrong)?)),
            NumberType::I32 => Int(i32::from_le_bytes(bytes.try_into().map_err(wrong)?).into()),
            NumberType::I64 => Int(i64::from_le_bytes(bytes.try_into().map_err(wrong)?)),
            NumberType::U8 => Int(<[u8; 1]>::try_from(bytes).map_err(wrong)?[0].into()),
            NumberType::Bool => Bool(<[u8; 1]>::try_from(bytes).map_err(wrong)? != [0]),
        })
    }
}
