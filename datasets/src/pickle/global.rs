//! The Python names that pickles refer to. Each stands for something that this reader does itself; no name is looked up.

use super::op::Fault;

/// A Python name that occurs in the supported files.
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
    /// `numpy.core.numeric._frombuffer`: an array from its bytes, as protocol 5 writes it
    NumpyFromBuffer,
    /// `numpy.ndarray`
    NumpyArrayType,
    /// `bytes` or `bytearray`
    Bytes,
    /// `_codecs.encode`: how protocol 2 writes bytes
    Encode,
    /// Whatever makes a tensor of weights, which is skipped
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
            ("numpy.core.numeric" | "numpy._core.numeric", "_frombuffer") => Global::NumpyFromBuffer,
            ("numpy", "ndarray") => Global::NumpyArrayType,
            ("__builtin__" | "builtins", "bytes" | "bytearray") => Global::Bytes,
            ("_codecs", "encode") => Global::Encode,
            ("torch._utils", "_rebuild_tensor_v2" | "_rebuild_parameter") => Global::Weights,
            ("torch", storage) if storage.ends_with("Storage") => Global::Weights,
            _ => return Err(format!("refers to {module}.{name}, which no benchmark file has").into()),
        })
    }
}

/// A numpy number type of one to eight bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NumberType {
    F16,
    F32,
    F64,
    I8,
    I16,
    I32,
    I64,
    Bool,
    U8,
    U16,
    U32,
    U64,
}

impl NumberType {
    /// Finds the type by numpy's code, such as `f4`.
    pub(crate) fn find(code: &str) -> Result<Self, Fault> {
        Ok(match code {
            "f2" => NumberType::F16,
            "f4" => NumberType::F32,
            "f8" => NumberType::F64,
            "i1" => NumberType::I8,
            "i2" => NumberType::I16,
            "i4" => NumberType::I32,
            "i8" => NumberType::I64,
            "b1" => NumberType::Bool,
            "u1" => NumberType::U8,
            "u2" => NumberType::U16,
            "u4" => NumberType::U32,
            "u8" => NumberType::U64,
            _ => {
                let known = "known are f2, f4, f8, i1 to i8, u1 to u8 and b1";
                return Err(format!("a numpy number of type {code}; {known}").into());
            }
        })
    }

    /// Returns the number of bytes of one number.
    pub(crate) fn size(self) -> usize {
        match self {
            NumberType::I8 | NumberType::U8 | NumberType::Bool => 1,
            NumberType::F16 | NumberType::I16 | NumberType::U16 => 2,
            NumberType::F32 | NumberType::I32 | NumberType::U32 => 4,
            NumberType::F64 | NumberType::I64 | NumberType::U64 => 8,
        }
    }
}
