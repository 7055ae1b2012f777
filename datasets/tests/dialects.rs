//! The same table in all common dialects and compressions: the numbers are the same each time.

use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;

use flate2::Compression;
use flate2::write::GzEncoder;
use polars::prelude::{ParquetWriter, df};
use tempfile::TempDir;
use zeronas_datasets::table::file::TableFile;
use zeronas_datasets::table::{Key, list};
use zeronas_datasets::{BenchmarkTable, Error};

const ARCHS: [&str; 2] = ["|a~0|+|b~0|c~1|", "|d~0|"];

fn file(folder: &TempDir, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    path
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

fn utf16(text: &str, mark: bool, of: fn(u16) -> [u8; 2]) -> Vec<u8> {
    let text = format!("{}{text}", if mark { "\u{feff}" } else { "" });
    text.encode_utf16().flat_map(of).collect()
}

#[test]
fn one_table_in_every_dialect() {
    let [a, b] = ARCHS;
    let plain = format!("arch,nwot,zen\n{a},260.5,1.5e20\n{b},-3,\n");
    let dialects: [(&str, Vec<u8>); 19] = [
        ("plain", plain.clone().into()),
        ("byte order mark", format!("\u{feff}{plain}").into()),
        ("UTF-16, little end first", utf16(&plain, true, u16::to_le_bytes)),
        ("UTF-16, big end first", utf16(&plain, true, u16::to_be_bytes)),
        ("UTF-16 without a mark", utf16(&plain, false, u16::to_le_bytes)),
        ("CRLF", plain.replace('\n', "\r\n").into()),
        ("CR", plain.replace('\n', "\r").into()),
        ("no end of the last line", plain.trim_end().into()),
        ("tabs", plain.replace(',', "\t").into()),
        ("semicolons", plain.replace(',', ";").into()),
        ("decimal commas", format!("arch;nwot;zen\n{a};260,5;1,5e20\n{b};-3;\n").into()),
        ("decimal commas in quotes", format!("arch,nwot,zen\n{a},\"260,5\",\"1,5e20\"\n{b},-3,\n").into()),
        ("comments", format!("# mine\n{}\n# end\n", plain.replace("\n|d", "\n  # and\n|d")).into()),
        ("blank lines", format!("\n\n{}\n   \n\t\n,,\n\n", plain.replace("\n|d", "\n\n|d")).into()),
        ("blanks around cells", plain.replace(',', " , ").replace('\n', "  \n").into()),
        ("separators at the end", plain.replace('\n', ",,\n").into()),
        ("quotes", format!("\"arch\",\"nwot\",\"zen\"\n\"{a}\",\"260.5\",\"1.5e20\"\n\"{b}\",\"-3\",\"\"\n").into()),
        ("gzip", gzip(plain.as_bytes())),
        (
            "JSON lines",
            format!(
                "{{\"arch\": \"{a}\", \"nwot\": 260.5, \"zen\": 1.5e20}}\n\n{{\"arch\": \"{b}\", \"zen\": null, \"nwot\": -3}}\n"
            )
            .into(),
        ),
    ];
    let folder = tempfile::tempdir().unwrap();
    for (dialect, bytes) in dialects {
        // The name tells nothing about the format.
        let table = BenchmarkTable::open(&file(&folder, "table.dat", bytes)).expect(dialect);
        assert_eq!(table.architectures().collect::<Vec<_>>(), ARCHS, "{dialect}");
        assert_eq!(table.column("nwot").unwrap(), [Some(260.5), Some(-3.0)], "{dialect}");
        assert_eq!(table.column("zen").unwrap(), [Some(1.5e20), None], "{dialect}");
        assert_eq!(table.numeric_columns(), ["nwot", "zen"], "{dialect}");
    }
}

#[test]
fn json_of_other_shapes_and_parquet_under_any_name_are_tables() {
    let folder = tempfile::tempdir().unwrap();
    let array = file(&folder, "t", r#"[{"net": "a", "x": 1}, {"net": "b", "x": 2, "y": [1, 2]}]"#);
    let table = BenchmarkTable::open(&array).unwrap();
    assert_eq!((table.numeric_columns(), table.column("x").unwrap()), (vec!["x".into()], vec![Some(1.0), Some(2.0)]));
    let path = folder.path().join("t.csv");
    let mut frame = df!("arch" => ["a", "b"], "x" => [1_i64, 2]).unwrap();
    ParquetWriter::new(File::create(&path).unwrap()).finish(&mut frame).unwrap();
    assert_eq!(BenchmarkTable::open(&path).unwrap().column("x").unwrap(), [Some(1.0), Some(2.0)]);
    let packed = file(&folder, "t.parquet.gz", gzip(&fs::read(&path).unwrap()));
    assert_eq!(BenchmarkTable::open(&packed).unwrap().column("x").unwrap(), [Some(1.0), Some(2.0)]);
}

#[test]
fn words_for_missing_values_are_missing_values() {
    let folder = tempfile::tempdir().unwrap();
    let words = ["None", "NA", "N/A", "null", "NULL", "nan", "NaN", "-", "<NA>", "#N/A", "?", ""];
    let rows: String = words.iter().enumerate().map(|(row, word)| format!("a{row},{word}\n")).collect();
    let table = BenchmarkTable::open(&file(&folder, "t.csv", format!("arch,x\n{rows}last,\"1,234.5\"\n"))).unwrap();
    let mut expected = vec![None; words.len()];
    expected.push(Some(1234.5));
    assert_eq!(table.column("x").unwrap(), expected);
}

#[test]
fn a_word_among_numbers_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let table = TableFile::open(&file(&folder, "t.csv", "arch,x,when\na,1,2024-01-01\nb,OOM,2024-01-02\n")).unwrap();
    assert_eq!(table.numeric("x").unwrap().unwrap_err(), "is no column of numbers: row 2: `OOM` is not a number");
    let error = table.numbers("x").unwrap_err();
    assert!(matches!(&error, Error::Cell { row: 2, column, .. } if column == "x"), "{error}");
    assert!(table.numeric("when").unwrap().is_err());
    let error = table.numbers("xx").unwrap_err().to_string();
    assert!(error.contains("no column `xx`"), "{error}");
}

#[test]
fn a_column_of_architectures_has_many_names() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["arch", "arch_str", "Architecture", "net", "NET_STR"] {
        let table = TableFile::open(&file(&folder, "t.csv", format!("x,{name}\n1,\"(4, 0, 3)\"\n"))).unwrap();
        let key = Key::of(&table, None).unwrap();
        assert_eq!((key.architectures(&table).unwrap(), key), (vec!["(4, 0, 3)".into()], Key::Notation(name.into())));
    }
    let table = TableFile::open(&file(&folder, "t.csv", "x,hash\n1,ABC\n")).unwrap();
    assert_eq!(Key::of(&table, None).unwrap().architectures(&table).unwrap(), ["abc"]);
    let table = TableFile::open(&file(&folder, "t.csv", "cell,x\nq,1\n")).unwrap();
    assert!(matches!(Key::of(&table, None), Err(Error::NoArchitectureColumn { .. })));
    assert_eq!(Key::of(&table, Some("cell")).unwrap(), Key::Notation("cell".into()));
    let error = Key::of(&table, Some("cel")).unwrap_err().to_string();
    assert!(error.contains("no column `cel` (did you mean `cell`?)"), "{error}");
}

#[test]
fn places_are_whole_numbers_however_they_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let table = BenchmarkTable::open(&file(&folder, "t.csv", "index,x\n309.0,1\n7,2\n")).unwrap();
    assert_eq!((table.row_of_index(309), table.row_of("7")), (Some(0), Some(1)));
    let error = BenchmarkTable::open(&file(&folder, "t.csv", "index,x\n3.5,1\n")).unwrap_err().to_string();
    assert!(error.ends_with("row 1, column `index`: `3.5` is not a whole number"), "{error}");
}

#[test]
fn a_folder_of_parts_is_one_table() {
    let folder = tempfile::tempdir().unwrap();
    file(&folder, "part-1.csv", "arch,x\nb,2\n");
    file(&folder, "part-0.csv", "arch,x\na,1\n");
    file(&folder, "_manifest.json", "{}");
    file(&folder, ".hidden", "\0");
    let table = BenchmarkTable::open(folder.path()).unwrap();
    assert_eq!(
        (table.architectures().collect::<Vec<_>>(), table.column("x").unwrap()),
        (vec!["a", "b"], vec![Some(1.0), Some(2.0)])
    );
    file(&folder, "part-2.csv", "arch,y\nc,3\n");
    let error = BenchmarkTable::open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("part-2.csv") && error.contains("lacks the column `x`"), "{error}");
    let empty = tempfile::tempdir().unwrap();
    let error = BenchmarkTable::open(empty.path()).unwrap_err().to_string();
    assert!(error.contains("a folder without a file"), "{error}");
}

#[test]
fn lists_are_told_from_tables_by_their_content() {
    let folder = tempfile::tempdir().unwrap();
    let read = |name: &str, text: &str, column: Option<&str>| {
        let listed = list(&file(&folder, name, text), column).unwrap();
        listed.into_iter().map(|one| (one.text, one.place)).collect::<Vec<_>>()
    };
    let of = |texts: &[(&str, &str)]| {
        texts.iter().map(|&(text, place)| (text.into(), place.into())).collect::<Vec<(String, String)>>()
    };
    let [a, b] = ARCHS;
    let lines = format!("\u{feff}# mine\n{a}\n\n  {b}  # the second\n");
    assert_eq!(read("a.txt", &lines, None), of(&[(a, "line 2"), (b, "line 4")]));
    assert_eq!(read("a.txt", &format!("arch_str\n{a}\n{b}\n"), None), of(&[(a, "row 1"), (b, "row 2")]));
    assert_eq!(read("a.txt", &format!("x,cell\n1,{a}\n"), Some("cell")), of(&[(a, "row 1")]));
    assert_eq!(read("a.txt", &format!("[\"{a}\", [1, 2]]"), None), of(&[(a, "row 1"), ("[1,2]", "row 2")]));
    assert_eq!(read("a.txt", &format!("{{\"arch\": \"{a}\"}}\n"), None), of(&[(a, "row 1")]));
    assert_eq!(read("a.txt", "(4, 0, 3)\n(1, 2, 3)\n", None), of(&[("(4, 0, 3)", "line 1"), ("(1, 2, 3)", "line 2")]));
    assert_eq!(read("a.txt", "[4, 0, 3]\n", None), of(&[("[4, 0, 3]", "line 1")]));
    assert_eq!(read("a.txt", "{'op1': 'conv', \"op2\": 1}\n", None), of(&[("{'op1': 'conv', \"op2\": 1}", "line 1")]));
    assert!(matches!(list(&file(&folder, "a.txt", "# none\n"), None), Err(Error::NoArchitecture { .. })));
    assert!(matches!(list(&file(&folder, "a.csv", "name,x\na,1\n"), None), Err(Error::NoArchitectureColumn { .. })));
}
