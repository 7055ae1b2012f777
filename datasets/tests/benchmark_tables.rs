//! Benchmark tables: the real ones, and small files with each fault a table can have.

mod shared;

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use polars::prelude::{DataFrame, ParquetWriter, df};
use shared::shared;
use tempfile::TempDir;
use zeronas_datasets::table::file::TableFile;
use zeronas_datasets::{BenchmarkTable, Error};

struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        Folder(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    fn parquet(&self, mut frame: DataFrame) -> PathBuf {
        let path = self.0.path().join("t.parquet");
        ParquetWriter::new(File::create(&path).unwrap()).finish(&mut frame).unwrap();
        path
    }

    /// Returns the error message for `path`, with its folder replaced by DIR.
    fn error(&self, path: &Path) -> String {
        let text = BenchmarkTable::open(path).unwrap_err().to_string();
        text.replace(&self.0.path().display().to_string(), "DIR")
    }

    fn csv_error(&self, text: &str) -> String {
        self.error(&self.file("t.csv", text))
    }
}

/// Counts and maxima of NATS-Bench (`shared/data/README.md`).
#[test]
#[ignore = "needs ../shared/data/nats_tss.parquet"]
fn nats_bench_topology_reads_whole() {
    let path = shared("data/nats_tss.parquet");
    let table = BenchmarkTable::open(&path).unwrap();
    assert_eq!(table.len(), 15_625);
    let max = |name| table.column(name).unwrap().into_iter().flatten().fold(f64::MIN, f64::max);
    assert_eq!((max("c10_test_200") * 100.0).round(), 9437.0);
    assert_eq!((max("c100_test_200") * 100.0).round(), 7351.0);
    for (row, architecture) in table.architectures().enumerate().step_by(997) {
        assert_eq!(table.row_of(architecture), Some(row));
    }
    let numeric = table.numeric_columns();
    assert!(numeric.contains(&"c10_flops".to_owned()) && !numeric.contains(&"arch_str".to_owned()));
}

#[test]
#[ignore = "needs ../shared/data/nats_sss.parquet"]
fn nats_bench_size_reads_whole() {
    let path = shared("data/nats_sss.parquet");
    let table = BenchmarkTable::open(&path).unwrap();
    assert_eq!(table.len(), 32_768);
    // c_j = 8 (1 + (index / 8^(4-j)) mod 8), from the same README.
    assert_eq!(table.row_of("8:8:8:16:8"), Some(8));
}

#[test]
fn csv_and_parquet_give_the_same_table() {
    let folder = Folder::new();
    let csv = folder.file("t.CSV", "arch,note,acc,params\n|a|,x,90.5,7\n|b|,y,,8\n|c|,z,nan,9\n|d|,z,-inf,9\n");
    let parquet = folder.parquet(
        df!(
            "arch" => ["|a|", "|b|", "|c|", "|d|"], "note" => [true, false, true, true],
            "acc" => [Some(90.5), None, Some(f64::NAN), Some(f64::NEG_INFINITY)], "params" => [7_i32, 8, 9, 9],
        )
        .unwrap(),
    );
    for path in [csv, parquet] {
        let table = BenchmarkTable::open(&path).unwrap();
        assert_eq!(table.architectures().collect::<Vec<_>>(), ["|a|", "|b|", "|c|", "|d|"]);
        assert_eq!((table.row_of("|c|"), table.row_of("c")), (Some(2), None));
        assert_eq!(table.numeric_columns(), ["acc", "params"]);
        assert_eq!(table.column("acc").unwrap(), [Some(90.5), None, None, Some(f64::NEG_INFINITY)]);
        assert_eq!(table.column("params").unwrap(), [Some(7.0), Some(8.0), Some(9.0), Some(9.0)]);
        let unknown = table.column("note").unwrap_err().to_string();
        assert!(unknown.ends_with(" has no numeric column note; it has: acc, params"), "{unknown}");
    }
}

#[test]
fn a_whole_number_column_may_turn_fractional_late() {
    let mut text = String::from("arch_str,acc\n");
    (0..5000).for_each(|i| text += &format!("|{i}|,{i}\n"));
    text += "last,0.5\n";
    let table = BenchmarkTable::open(&Folder::new().file("t.csv", text)).unwrap();
    assert_eq!(table.column("acc").unwrap()[4999..], [Some(4999.0), Some(0.5)]);
}

/// Numbers of any type are read; columns that are neither key nor number do no harm. `tests/data/other_types.parquet` was written
/// with pyarrow 26: besides `arch`, `acc` (double) and `params` (uint32), it has int8, float16, decimal, date, list, struct and
/// dictionary columns.
#[test]
fn numbers_of_any_type_are_read_and_other_columns_left_aside() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/other_types.parquet");
    let table = BenchmarkTable::open(&path).unwrap();
    let file = TableFile::open(&path).unwrap();
    let numeric = table.numeric_columns();
    println!("{:?} {numeric:?}", file.names());
    for name in &numeric {
        println!("{name} {:?}", table.column(name).unwrap());
    }
    assert_eq!(table.column("acc").unwrap(), [Some(1.5), None]);
    assert_eq!(table.column("params").unwrap(), [Some(1.0), Some(2.0)]);
}

#[test]
fn blank_lines_at_the_end_are_no_rows() {
    let table = BenchmarkTable::open(&Folder::new().file("t.csv", "arch,x\r\na,1\r\nb,2\r\n\r\n\n")).unwrap();
    assert_eq!(table.column("x").unwrap(), [Some(1.0), Some(2.0)]);
}

#[test]
fn the_fingerprint_is_the_checksum_of_the_file() {
    let table = BenchmarkTable::open(&Folder::new().file("t.csv", "arch,x\na,1\n")).unwrap();
    // printf 'arch,x\na,1\n' | sha256sum
    assert_eq!(table.fingerprint(), "df8658d8ff806713c7e218589d8ce78b9157f76f2e4d6155928daf198e058524");
}

#[test]
fn a_table_without_its_key_or_numbers_is_refused() {
    let folder = Folder::new();
    let no_key = folder.csv_error("name,x\na,1\n");
    assert!(no_key.starts_with("DIR/t.csv has no column that names architectures (arch, "), "{no_key}");
    assert!(no_key.ends_with("; name it by `arch_column=`; its columns: name, x"), "{no_key}");
    assert_eq!(folder.csv_error("arch,x\na,b\n"), "DIR/t.csv has no numeric column; its columns: arch, x");
    assert_eq!(folder.csv_error("arch,x\n"), "DIR/t.csv has no rows");
}

#[test]
fn rows_without_an_architecture_or_with_a_known_one_are_refused() {
    let folder = Folder::new();
    assert_eq!(folder.csv_error("arch,x\na,1\n,2\n"), "DIR/t.csv, row 2, column `arch`: the cell is empty");
    let twice = "DIR/t.csv: architecture a stands in row 1 and again in row 3";
    assert_eq!(folder.csv_error("arch,x\na,1\nb,2\na,3\n"), twice);
    let null = folder.parquet(df!("arch_str" => [Some("a"), None], "x" => [1.0, 2.0]).unwrap());
    assert_eq!(folder.error(&null), "DIR/t.parquet, row 2, column `arch_str`: the cell is empty");
}

#[test]
fn cells_and_indices_are_keys_too() {
    let folder = Folder::new();
    // Edges 0->1, 0->2, 1->2, 1->3, 2->3 are bits 0, 1, 2, 4, 5.
    let frame = df!(
        "index" => [7_u32, 9], "module_hash" => ["abc", "abd"], "edge_bits" => [55_i32, 1], "ops" => ["01", "0"],
        "acc" => [0.5, 0.25],
    );
    let table = BenchmarkTable::open(&folder.parquet(frame.unwrap())).unwrap();
    let cells = ["0110001100010000;conv3x3-bn-relu,conv1x1-bn-relu", "010000000;conv3x3-bn-relu"];
    assert_eq!(table.architectures().collect::<Vec<_>>(), cells);
    assert_eq!((table.row_of(cells[1]), table.row_of_index(9), table.row_of_index(8)), (Some(1), Some(1), None));
    assert_eq!((table.row_of_hash("abc"), table.row_of_hash("abe")), (Some(0), None));
}

#[test]
fn keys_that_cannot_be_are_refused() {
    let folder = Folder::new();
    let of = |columns: &str, rows: [&str; 2]| format!("{columns},acc\n{},1\n{},2\n", rows[0], rows[1]);
    let twice = "DIR/t.csv: architecture of index 7 stands in row 1 and again in row 2";
    assert_eq!(folder.csv_error(&of("arch,index", ["a,7", "b,7"])), twice);
    let twice = "DIR/t.csv: architecture of module hash x stands in row 1 and again in row 2";
    assert_eq!(folder.csv_error(&of("arch,module_hash", ["a,x", "b,x"])), twice);
    let frame = |ops: &str, edges: i64| df!("edge_bits" => [edges], "ops" => [ops], "x" => [1.0]).unwrap();
    let unknown = "DIR/t.parquet, row 1, column `ops`: operations \"03\" are not digits 0 to 2";
    assert_eq!(folder.error(&folder.parquet(frame("03", 1))), unknown);
    let large = "DIR/t.parquet, row 1, column `ops`: edges 64 do not fit 4 vertices";
    assert_eq!(folder.error(&folder.parquet(frame("01", 64))), large);
}

#[test]
fn files_that_are_no_tables_are_named() {
    let folder = Folder::new();
    assert!(matches!(BenchmarkTable::open(Path::new("none.csv")), Err(Error::Read { .. })));
    for (name, bytes, problem) in [
        ("t.csv", &b""[..], " has no rows"),
        ("t.parquet", b"PAR1 no parquet file at all", " is not a readable table: "),
        ("t.parquet", b"no parquet file at all", " has no rows"),
        ("t.csv", b"\x80\x04\x95", " is not a readable table: it is a pickle"),
        ("t.csv", b"PK\x03\x04", " is not a readable table: it is a zip archive or an Excel workbook"),
        ("t.csv", b"\x1f\x8b\x08\x00", " is not a readable table: its gzip packing is damaged"),
        ("t.csv", b"arch,x\na,\xff\n", " is not a readable table: line 2 is no UTF-8 text"),
        ("t.csv", b"arch,x\n\"a,1\n", " is not a readable table: a quote that is opened in line 2 is not closed"),
        ("t.csv", b"arch,x\na,1,2\n", " is not a readable table: line 2 has 3 cells, and the header names 2 columns"),
        ("t.csv", b"arch,x\n\na\n", " is not a readable table: line 3 has 1 cells, and the header names 2 columns"),
        ("t.csv", b"arch,x,x\na,1,2\n", " is not a readable table: it has two columns called `x`"),
        ("t.csv", b"{\"arch\": \"a\"}\n{]\n", " is not a readable table: line 2 is no JSON object"),
    ] {
        let message = folder.error(&folder.file(name, bytes));
        assert!(message.starts_with(&format!("DIR/{name}{problem}")), "{message}");
    }
}
