//! The spaces against the benchmarks' own tables, on every row: parameters, FLOPs, hashes.

mod support;

use polars::prelude::*;
use rayon::prelude::*;
use std::collections::HashMap;
use std::fs::File;
use support::shared;
use zeronas::space::nb101::{Module, Operation};
use zeronas::space::{Arch, NatsSss, NatsTss, Nb101, SearchSpace, enumerate};

/// Columns of a table of the reference data.
fn table(name: &str, columns: &[&str]) -> DataFrame {
    let file = File::open(shared(&format!("data/{name}"))).unwrap();
    let columns = columns.iter().map(|&column| column.into()).collect();
    ParquetReader::new(file).with_columns(Some(columns)).finish().unwrap()
}

fn integers(table: &DataFrame, column: &str) -> Vec<u64> {
    let column = table.column(column).unwrap().cast(&DataType::Int64).unwrap();
    column.i64().unwrap().iter().map(|value| value.unwrap() as u64).collect()
}

fn texts(table: &DataFrame, column: &str) -> Vec<String> {
    table.column(column).unwrap().str().unwrap().iter().map(|text| text.unwrap().to_owned()).collect()
}

/// The columns of architectures and counts in NATS-Bench's tables.
const COUNTS: [&str; 7] =
    ["arch_str", "c10_params", "c10_flops", "c100_params", "c100_flops", "in16_params", "in16_flops"];

/// The columns of nb101's table.
const NB101: [&str; 5] = ["index", "module_hash", "edge_bits", "ops", "trainable_parameters"];

/// Image sets of NATS-Bench: prefix of the columns, classes, side of the images.
const IMAGE_SETS: [(&str, usize, usize); 3] = [("c10", 10, 32), ("c100", 100, 32), ("in16", 120, 16)];

/// Compares both counts of every row on every image set.
fn check_counts(table: &DataFrame, space: impl Fn(usize, usize) -> Box<dyn SearchSpace>) {
    for (prefix, classes, resolution) in IMAGE_SETS {
        let space = space(classes, resolution);
        let archs = texts(table, "arch_str");
        let (params, flops) =
            (integers(table, &format!("{prefix}_params")), integers(table, &format!("{prefix}_flops")));
        assert_eq!(archs.len() as u128, space.enumerable().unwrap().size());
        archs.par_iter().zip(params).zip(flops).for_each(|((text, params), flops)| {
            let net = space.network(&space.parse(text).unwrap()).unwrap();
            assert_eq!((net.parameter_count(), net.flops()), (params, flops), "{prefix} {text}");
        });
    }
}

#[test]
#[ignore = "needs ../shared/data/nats_tss.parquet"]
fn counts_are_those_of_all_15625_rows_of_nats_tss() {
    let table = table("nats_tss.parquet", &COUNTS);
    check_counts(&table, |classes, resolution| Box::new(NatsTss { classes, resolution, ..NatsTss::default() }));
}

#[test]
#[ignore = "needs ../shared/data/nats_sss.parquet"]
fn counts_are_those_of_all_32768_rows_of_nats_sss_in_their_order() {
    let table = table("nats_sss.parquet", &COUNTS);
    check_counts(&table, |classes, resolution| Box::new(NatsSss { classes, resolution }));
    let archs: Vec<String> = enumerate(&NatsSss::default()).unwrap().map(|arch| arch.to_string()).collect();
    assert_eq!(archs, texts(&table, "arch_str"));
}

/// The cells of the part of NAS-Bench-101 that the reference data holds.
fn nb101_modules(table: &DataFrame) -> Vec<Module> {
    let operation = |digit: char| Operation::ALL[digit.to_digit(10).unwrap() as usize];
    let rows = integers(table, "edge_bits").into_iter().zip(texts(table, "ops"));
    rows.map(|(edges, ops)| {
        let ops: Vec<Operation> = ops.chars().map(operation).collect();
        Module::new(ops.len() + 2, edges as u32, &ops).unwrap()
    })
    .collect()
}

#[test]
#[ignore = "needs ../shared/data/nb101_part.parquet"]
fn parameters_are_those_of_all_44640_rows_of_nb101() {
    let table = table("nb101_part.parquet", &NB101);
    let space = Nb101::default();
    let expected = integers(&table, "trainable_parameters");
    nb101_modules(&table).par_iter().zip(expected).for_each(|(module, expected)| {
        assert_eq!(space.network(&Arch::from(*module)).unwrap().parameter_count(), expected, "{module}");
    });
}

/// `index` is a cell's position among all cells sorted by hash, so this tests the hash of every cell.
#[test]
#[ignore = "needs ../shared/data/nb101_part.parquet"]
fn hashes_are_the_benchmarks_and_cells_are_those_it_holds() {
    let table = table("nb101_part.parquet", &NB101);
    let space = Nb101::default();
    let all: Vec<Module> = enumerate(&space).unwrap().map(|arch| space.module(&arch).unwrap()).collect();
    let mut hashes: Vec<(String, Module)> = all.par_iter().map(|module| (module.module_hash(), *module)).collect();
    hashes.sort_unstable();
    assert!(hashes.windows(2).all(|pair| pair[0].0 != pair[1].0));
    let places: HashMap<&str, usize> = hashes.iter().enumerate().map(|(i, (hash, _))| (hash.as_str(), i)).collect();
    let rows = nb101_modules(&table).into_iter().zip(texts(&table, "module_hash")).zip(integers(&table, "index"));
    for ((module, hash), index) in rows {
        assert_eq!(module.module_hash(), hash);
        assert_eq!(places[hash.as_str()], index as usize);
        assert_eq!(hashes[index as usize].1, module, "the benchmark holds the first cell of each class");
    }
}
