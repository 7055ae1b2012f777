//! Parquet: the footer is read at once, a column only when it is asked for.

use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use polars::prelude::{
    ArrowDataType, ArrowSchema, Column, DataType, FileMetadataRef, ParallelStrategy, ParquetReader, PolarsError,
    PolarsResult, SerReader,
};

use super::cells::{Cells, whole};
use super::guard::guarded;
use super::kind::{Kind, Numbers};
use super::pages;
use crate::Result;

/// A Parquet file in memory.
#[derive(Clone)]
pub(super) struct Parquet {
    bytes: Vec<u8>,
    metadata: FileMetadataRef,
    schema: Arc<ArrowSchema>,
}

/// The values of a column, as far as tables are concerned.
pub(super) enum Values {
    Text(Cells),
    Numbers(Numbers),
    Wholes(Vec<Option<u64>>),
}

impl Parquet {
    pub(super) fn read(path: &Path, bytes: Vec<u8>) -> Result<Self> {
        let (metadata, schema) = guarded(path, || {
            let mut reader = ParquetReader::new(Cursor::new(&bytes));
            Ok((reader.get_metadata()?.clone(), reader.schema()?))
        })?;
        Ok(Parquet { bytes, metadata, schema })
    }

    pub(super) fn rows(&self) -> usize {
        self.metadata.num_rows
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.schema.iter_names().map(|name| name.to_string()).collect()
    }

    /// Returns an entry of the file's metadata.
    pub(super) fn entry(&self, key: &str) -> Option<&str> {
        let entries = self.metadata.key_value_metadata.iter().flatten();
        entries.filter(|entry| entry.key == key).find_map(|entry| entry.value.as_deref())
    }

    pub(super) fn kind(&self, name: &str) -> Kind {
        self.schema.get(name).map_or(Kind::Other("nothing"), |field| kind(field.dtype()))
    }

    /// Decodes one column.
    pub(super) fn values(&self, path: &Path, name: &str) -> Result<Values> {
        let kind = self.kind(name);
        guarded(path, || {
            self.check(name)?;
            let mut reader = ParquetReader::new(Cursor::new(&self.bytes)).read_parallel(ParallelStrategy::None);
            reader.set_metadata(self.metadata.clone());
            let frame = reader.with_columns(Some(vec![name.to_owned()])).finish()?;
            let column = frame.column(name)?;
            if column.len() != self.rows() {
                return Err(invalid(format!("column {name} has {} of {} rows", column.len(), self.rows())));
            }
            match kind {
                Kind::Text => text(column).map(Values::Text),
                _ if column.dtype().is_integer()
                    && column.min_reduce()?.value().extract::<i128>().is_none_or(|least| least >= 0) =>
                {
                    let column = column.strict_cast(&DataType::UInt64)?;
                    Ok(Values::Wholes(column.u64()?.iter().collect()))
                }
                _ => {
                    let column = column.cast(&DataType::Float64)?;
                    Ok(Values::Numbers(column.f64()?.iter().collect()))
                }
            }
        })
    }

    /// Compares the counts that the pages of a column claim with those of the footer.
    fn check(&self, name: &str) -> PolarsResult<()> {
        let damaged = |reason: String| invalid(format!("it is damaged: column {name}: {reason}"));
        let mut rows = 0_usize;
        for group in &self.metadata.row_groups {
            rows = rows.saturating_add(group.num_rows());
            for chunk in group.columns_under_root_iter(name).into_iter().flatten() {
                if chunk.num_values() != i64::try_from(group.num_rows()).unwrap_or(-1) {
                    return Err(damaged(format!("{} values for {} rows", chunk.num_values(), group.num_rows())));
                }
                let range = chunk.byte_range();
                let place = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
                let bytes = self.bytes.get(place(range.start)..place(range.end));
                let bytes = bytes.ok_or_else(|| damaged("it lies beyond the end of the file".into()))?;
                pages::check(bytes, chunk.num_values()).map_err(damaged)?;
            }
        }
        match rows == self.rows() {
            true => Ok(()),
            false => Err(invalid(format!("it is damaged: {rows} rows where {} are claimed", self.rows()))),
        }
    }
}

fn invalid(reason: String) -> PolarsError {
    PolarsError::ComputeError(reason.into())
}

fn kind(dtype: &ArrowDataType) -> Kind {
    use ArrowDataType as T;
    match dtype {
        T::Utf8 | T::LargeUtf8 | T::Utf8View | T::Binary | T::LargeBinary | T::BinaryView => Kind::Text,
        T::Dictionary(_, values, _) => match kind(values) {
            Kind::Text => Kind::Text,
            _ => Kind::Other("a dictionary of other things than text"),
        },
        T::Int8 | T::Int16 | T::Int32 | T::Int64 | T::Int128 => Kind::Number,
        T::UInt8 | T::UInt16 | T::UInt32 | T::UInt64 | T::UInt128 => Kind::Number,
        T::Float16 | T::Float32 | T::Float64 => Kind::Number,
        T::Decimal(..) | T::Decimal32(..) | T::Decimal64(..) | T::Decimal256(..) => Kind::Number,
        T::Boolean => Kind::Other("true and false"),
        T::Date32 | T::Date64 | T::Timestamp(..) | T::Time32(_) | T::Time64(_) => Kind::Other("dates or times of day"),
        T::Duration(_) | T::Interval(_) => Kind::Other("durations"),
        T::List(_) | T::LargeList(_) | T::FixedSizeList(..) | T::Struct(_) | T::Map(..) => Kind::Other("nested values"),
        T::Null => Kind::Other("nothing"),
        _ => Kind::Other("values of a type that is not read"),
    }
}

/// Reads a column of text; bytes count as text if they are UTF-8.
fn text(column: &Column) -> PolarsResult<Cells> {
    let mut cells = Cells::default();
    if column.dtype() == &DataType::Binary {
        for value in column.binary()?.iter() {
            let text = std::str::from_utf8(value.unwrap_or_default());
            cells.push(
                text.map_err(|_| invalid(format!("column {} holds bytes that are no text", column.name())))?.trim(),
            );
        }
        return Ok(cells);
    }
    let column = column.cast(&DataType::String)?;
    column.str()?.iter().for_each(|value| cells.push(value.unwrap_or_default().trim()));
    Ok(cells)
}

/// Converts numbers of other types to whole numbers.
pub(super) fn wholes(numbers: &[Option<f64>]) -> std::result::Result<Vec<Option<u64>>, (usize, String)> {
    let read = |(row, number): (usize, &Option<f64>)| match number.filter(|number| !number.is_nan()) {
        None => Ok(None),
        Some(number) => whole(number).map(Some).ok_or_else(|| (row, number.to_string())),
    };
    numbers.iter().enumerate().map(read).collect()
}
